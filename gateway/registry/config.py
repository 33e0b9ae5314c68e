"""Complete configuration for real gateways, rendered from the catalog.

What goes in is validated when it is saved (``catalog.routes``): prefixes and addresses hold no
character that means anything in these files. Names made of a slug begin with api, so that no API can
have the name of something else there.
"""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, product
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from catalog.models import Api

KINDS = {
    "nginx": "apim.conf",
    "caddy": "Caddyfile",
    "envoy": "envoy.yaml",
    "traefik": "traefik.yaml",
}
# What the check says of the caller; whatever a caller sends under these names goes no further.
IDENTITY = [
    *["X-User-Id", "X-User-Email", "X-User-Name", "X-User-Roles"],
    *["X-Subscription-Id", "X-Product", "X-Api"],
]
# What the check reads. Servers that hand headers over as variables take X-Forwarded_Uri for
# X-Forwarded-Uri, and the last one wins: under another spelling a caller could name another path.
READ_BY_THE_CHECK = [
    *["X-Gateway-Secret", "X-Gateway-Api", "X-Original-Method", "X-Original-Uri", "X-Real-Ip"],
    *["X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-For"],
    "Ocp-Apim-Subscription-Key",
]
# Where Debian keeps the certificates of those it trusts; Caddy and Traefik look there by themselves.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
PLACEHOLDER = "PUT-THE-SECRET-OF-THIS-GATEWAY-HERE"


class UnknownGateway(LookupError):
    """Not one of KINDS."""


@dataclass(frozen=True)
class Address:
    """An http or https address in the parts that configurations want."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def san_type(self) -> str:
        """What Envoy calls the kind of name that the certificate must hold."""
        with suppress(ValueError):
            ipaddress.ip_address(self.host)
            return "IP_ADDRESS"
        return "DNS"


@dataclass(frozen=True)
class Route:
    """An API as a gateway routes it."""

    slug: str
    prefix: str
    # The prefix as a regular expression.
    pattern: str
    # None: this service answers it, and decides about it, itself.
    back_end: Address | None


def render(kind: str, *, check_url: str = "", listen: int = 8080, secret: str = PLACEHOLDER) -> str:
    """The configuration of one kind of gateway. Raises UnknownGateway.

    ``check_url`` is where this service answers the gateway (default: its public address).
    """
    if kind not in KINDS:
        raise UnknownGateway(kind)
    # The longest first, for gateways that take the first that fits.
    apis = sorted(Api.objects.defer("openapi"), key=lambda api: (-len(api.path_prefix), api.slug))
    context: dict[str, Any] = {
        "routes": [_route(api) for api in apis],
        "check": address_of(check_url or settings.PUBLIC_URL),
        "listen": listen,
        "secret": secret,
        "identity": IDENTITY,
        "authorities": AUTHORITIES,
        "variables": [(name, name.lower().replace("-", "_")) for name in IDENTITY],
        "aliases": [
            alias for name in [*IDENTITY, *READ_BY_THE_CHECK] for alias in aliases_of(name)
        ],
    }
    return render_to_string(f"gateway/{KINDS[kind]}", context)


def address_of(url: str) -> Address:
    """The parts of a validated address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Address(parts.scheme, parts.hostname or "", port, parts.path.rstrip("/"))


def aliases_of(name: str) -> list[str]:
    """Spellings that some servers read as the same header: X_User_Id, X.User.Id, X-User_Id, ..."""
    parts = name.split("-")
    spellings = [
        "".join(chain.from_iterable(zip(parts, [*separators, ""], strict=True)))
        for separators in product("-_.", repeat=len(parts) - 1)
    ]
    return [spelling for spelling in spellings if spelling != name]


def _route(api: Api) -> Route:
    back_end = address_of(api.back_end) if api.back_end else None
    return Route(api.slug, api.path_prefix, api.path_prefix.replace(".", r"\."), back_end)
