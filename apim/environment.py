"""The environment variables of the service, read once, with a sentence for each one missing."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from apim.database_url import read_database, sqlite
from apim.mail_url import NO_MAIL, read_mailer
from apim.secret_variables import DEBUG_SECRET, Secrets, read_secrets, refuse_unexpanded
from base.variables import read_bool, read_list, read_number, read_text

__all__ = ["UNUSED_BROWSER_FEATURES", "Environment", "read", "sqlite"]

UNUSED_BROWSER_FEATURES = [
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "usb",
]


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the environment says, in the shapes that Django's settings want."""

    debug: bool
    secrets: Secrets
    public_url: str
    allowed_hosts: list[str]
    trusted_proxies: list[ipaddress.IPv4Network | ipaddress.IPv6Network]
    database: dict[str, Any]
    cache_path: Path
    mailer: dict[str, Any]
    anymail: dict[str, Any]
    mail_from: str
    background: str
    former_variables: dict[str, str]
    mail_pause: timedelta
    inbox_path: Path
    metrics_token: str
    hsts_preload: bool
    password_min_length: int

    @property
    def mail_is_off(self) -> bool:
        """Nothing leaves: letters are written, held, and sent when somebody says so."""
        return bool(self.mailer["BACKEND"] == NO_MAIL)

    @property
    def is_sqlite(self) -> bool:
        return self.database["ENGINE"].endswith("sqlite3")

    @property
    def is_https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"


def read(*, var_dir: Path) -> Environment:
    """Read ``APIM_*``. Raises ImproperlyConfigured naming the variable and the cure."""
    debug = read_bool("APIM_DEBUG")
    if not debug:
        refuse_unexpanded()

    def needed(name: str, *, in_debug: str, example: str) -> str:
        value = read_text(name)
        if value:
            return value
        if debug:
            return in_debug
        raise ImproperlyConfigured(
            f"{name} is not set. Set it, for example {name}={example}, "
            "or set APIM_DEBUG=1 to try the service on this machine."
        )

    public_url = needed(
        "APIM_PUBLIC_URL", in_debug="http://127.0.0.1:8000", example="https://apis.example.org"
    ).rstrip("/")
    hosts = _hosts(public_url, debug=debug)
    _refuse_exposed(public_url, debug=debug)
    var_dir.mkdir(exist_ok=True)
    database = read_database(
        needed(
            "APIM_DATABASE_URL",
            in_debug=f"sqlite:///{var_dir / 'apim.sqlite3'}",
            example="postgres://apim:secret@db.example.org/apim",
        )
    )
    secrets = read_secrets(
        needed("APIM_SECRET_KEY", in_debug=DEBUG_SECRET, example="$(openssl rand -base64 48)"),
        debug=debug,
    )
    mailer, anymail = read_mailer(
        needed(
            "APIM_MAIL_URL",
            in_debug="inbox:",
            example="smtp://user:password@mail.example.org:587?tls=1",
        ),
        debug=debug,
    )
    webhook_secrets = read_list("APIM_MAIL_WEBHOOK_SECRET")
    if webhook_secrets and mailer["BACKEND"].startswith("anymail."):
        anymail["WEBHOOK_SECRET"] = [_webhook_secret(secret) for secret in webhook_secrets]
    background, former_variables = _background()
    return Environment(
        debug=debug,
        secrets=secrets,
        public_url=public_url,
        allowed_hosts=hosts,
        trusted_proxies=_networks(read_list("APIM_TRUSTED_PROXIES")),
        database=database,
        cache_path=Path(str(database["NAME"]) + "-cache"),
        mailer=mailer,
        anymail=anymail,
        mail_from=_sender(
            needed(
                "APIM_MAIL_FROM",
                in_debug="no-reply@apis.example",
                example="'Our APIs <no-reply@example.org>'",
            )
        ),
        background=background,
        former_variables=former_variables,
        mail_pause=_pause(read_text("APIM_MAIL_RATE")),
        inbox_path=var_dir / "inbox",
        metrics_token=read_text("APIM_METRICS_TOKEN"),
        hsts_preload=read_bool("APIM_HSTS_PRELOAD"),
        password_min_length=read_number("APIM_PASSWORD_MIN_LENGTH", default=12, least=8, most=64),
    )


def _background() -> tuple[str, dict[str, str]]:
    """``APIM_BACKGROUND``, also under its former name; and the former names that are in use."""
    name, former = "APIM_BACKGROUND", "APIM_MAIL_DELIVERY"
    values = {known: read_text(known).strip() for known in (name, former)}
    for known, value in values.items():
        if value not in {"", "inline", "worker"}:
            raise ImproperlyConfigured(f"{known} is {value!r}. It can be inline or worker.")
    if all(values.values()) and values[name] != values[former]:
        raise ImproperlyConfigured(
            f"{name} is {values[name]!r} and {former}, its former name, is {values[former]!r}. Unset {former}."
        )
    in_use = {former: name} if values[former] else {}
    return values[name] or values[former] or "inline", in_use


def _sender(value: str) -> str:
    """Refused now, or every letter would fail for good."""
    _name, address = parseaddr(value)
    try:
        validate_email(address)
    except ValidationError:
        raise ImproperlyConfigured(
            f"APIM_MAIL_FROM is {value!r}, which is no sender. Write no-reply@example.org or "
            "'Our APIs <no-reply@example.org>'; a name with a comma stands in double quotes."
        ) from None
    return value


def _pause(rate: str) -> timedelta:
    """The time between two letters at a rate such as ``10/s``, ``600/m`` or ``20000/h``."""
    if not rate:
        return timedelta()
    number, _slash, unit = rate.partition("/")
    seconds = {"s": 1, "m": 60, "h": 3600}.get(unit)
    if seconds is None or not number.isdecimal() or int(number) == 0:
        raise ImproperlyConfigured(
            f"APIM_MAIL_RATE is {rate!r}. It is a number of letters in a time, for example 10/s, 600/m or 20000/h."
        )
    return timedelta(seconds=seconds) / int(number)


def _hosts(public_url: str, *, debug: bool) -> list[str]:
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ImproperlyConfigured(
            f"APIM_PUBLIC_URL is {public_url!r}. It needs a scheme and a host and nothing after it, "
            "for example https://apis.example.org"
        )
    # Browsers send an IPv6 address in brackets and in its short form.
    host = parts.hostname
    with suppress(ValueError):
        host = f"[{ipaddress.IPv6Address(host)}]"
    return [host] + (["127.0.0.1", "localhost", "[::1]"] if debug else [])


def _refuse_exposed(public_url: str, *, debug: bool) -> None:
    """What must not be reached from outside: a service in debug, sessions over plain HTTP."""
    parts = urlsplit(public_url)
    if debug and parts.scheme == "https":
        raise ImproperlyConfigured(
            f"APIM_DEBUG=1 is for trying the service on this machine, and APIM_PUBLIC_URL is "
            f"{public_url!r}. Unset APIM_DEBUG, or leave APIM_PUBLIC_URL at http://127.0.0.1:8000."
        )
    if debug or parts.scheme == "https" or _is_loopback(parts.hostname or ""):
        return
    if not read_bool("APIM_ALLOW_HTTP"):
        raise ImproperlyConfigured(
            f"APIM_PUBLIC_URL is {public_url!r}: passwords and sessions would travel in the clear. "
            "Use https://, or set APIM_ALLOW_HTTP=1 if that is meant."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _networks(values: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(value.strip()) for value in values if value.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"APIM_TRUSTED_PROXIES: {error}. It takes addresses or networks, for example 10.0.0.0/8,::1"
        ) from None


def _webhook_secret(value: str) -> str:
    """What the provider says with each report: HTTP basic authentication."""
    name, _colon, password = value.strip().partition(":")
    if not name or len(password) < 16:
        raise ImproperlyConfigured(
            "APIM_MAIL_WEBHOOK_SECRET needs a name, a colon and a password of 16 characters or more, "
            "for example reports:$(openssl rand -hex 24)"
        )
    return value.strip()
