"""Addresses that somebody wrote into a letter."""

from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

_PORTS = {"http": 80, "https": 443}


def fault_of(address: str) -> str:
    """Why an address cannot stand in a letter, with the cure; empty when it can.

    On our own host the path must be one that the service answers. Others must be https.
    """
    parts = _parts(address)
    if parts is None:
        return _("This is no address. Write one that begins with https:// or with /.")
    if not parts.scheme and not parts.netloc and address.startswith("/"):
        return _fault_of_path(parts)
    return _fault_of_form(parts) or _fault_of_host(parts)


def _parts(address: str) -> SplitResult | None:
    if not address or not address.isprintable() or any(sign in address for sign in ' \\"<>'):
        return None
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    return parts


def _fault_of_form(parts: SplitResult) -> str:
    if parts.scheme not in _PORTS or not parts.hostname:
        return _("An address begins with https:// or, for a page of this service, with /.")
    if parts.username is not None:
        return _("An address with a user name in it leads astray. Take out what stands before @.")
    if not parts.hostname.isascii():
        return _(
            "A host name with letters from other alphabets looks like another one. Write it as xn--…"
        )
    return ""


def _fault_of_host(parts: SplitResult) -> str:
    own = urlsplit(settings.PUBLIC_URL)
    if parts.hostname != own.hostname:
        return "" if parts.scheme == "https" else _("Addresses elsewhere begin with https://.")
    if _origin(parts) != _origin(own):
        return _("This service is at %(address)s.") % {"address": settings.PUBLIC_URL}
    return _fault_of_path(parts)


def _origin(parts: SplitResult) -> tuple[str, int]:
    return parts.scheme, parts.port or _PORTS[parts.scheme]


def _fault_of_path(parts: SplitResult) -> str:
    path = unquote(parts.path) or "/"
    if _leads_somewhere(path):
        return ""
    words = _("This service has no page at %(path)s.") % {"path": path}
    if _leads_somewhere(f"{path}/"):
        words += " " + _("Did you mean %(path)s?") % {"path": f"{parts.path}/"}
    return words


def _leads_somewhere(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
