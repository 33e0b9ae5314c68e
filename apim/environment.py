"""The environment variables of the service, read once, with a sentence for each one missing."""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

DEBUG_SECRET = "for-development-only-never-in-production-" + "x" * 24
_NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
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
    secret_key: str
    secret_key_fallbacks: list[str]
    public_url: str
    allowed_hosts: list[str]
    trusted_proxies: list[ipaddress.IPv4Network | ipaddress.IPv6Network]
    database: dict[str, Any]
    cache_path: Path
    mailer: dict[str, Any]
    anymail: dict[str, Any]
    mail_from: str
    mail_delivery: str
    mail_pause: timedelta
    inbox_path: Path
    metrics_token: str
    password_min_length: int

    @property
    def mail_is_off(self) -> bool:
        """Nothing leaves: letters are written, held, and sent when somebody says so."""
        return bool(self.mailer["BACKEND"] == _NO_MAIL)

    @property
    def is_sqlite(self) -> bool:
        return self.database["ENGINE"].endswith("sqlite3")

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")


def read(*, var_dir: Path) -> Environment:
    """Read ``APIM_*``. Raises ImproperlyConfigured naming the variable and the cure."""
    env = environ.Env()
    debug = env.bool("APIM_DEBUG", default=False)

    def needed(name: str, *, in_debug: str, example: str) -> str:
        value = env.str(name, default="")
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
    var_dir.mkdir(exist_ok=True)
    database = _database(
        needed(
            "APIM_DATABASE_URL",
            in_debug=f"sqlite:///{var_dir / 'apim.sqlite3'}",
            example="postgres://apim:secret@db.example.org/apim",
        )
    )
    secret_key = needed(
        "APIM_SECRET_KEY", in_debug=DEBUG_SECRET, example="$(openssl rand -base64 48)"
    )
    if not debug and len(secret_key) < 50:
        raise ImproperlyConfigured(
            "APIM_SECRET_KEY is shorter than 50 characters. Make one with: openssl rand -base64 48"
        )
    mailer, anymail = _mailer(
        needed(
            "APIM_MAIL_URL",
            in_debug="inbox:",
            example="smtp://user:password@mail.example.org:587?tls=1",
        )
    )
    secrets = env.list("APIM_MAIL_WEBHOOK_SECRET", default=[])
    if secrets and mailer["BACKEND"].startswith("anymail."):
        anymail["WEBHOOK_SECRET"] = [_webhook_secret(secret) for secret in secrets]
    delivery = env.str("APIM_MAIL_DELIVERY", default="inline")
    if delivery not in {"inline", "worker"}:
        raise ImproperlyConfigured(
            f"APIM_MAIL_DELIVERY is {delivery!r}. It can be inline or worker."
        )
    minimum = env.int("APIM_PASSWORD_MIN_LENGTH", default=12)
    if not 8 <= minimum <= 64:
        raise ImproperlyConfigured("APIM_PASSWORD_MIN_LENGTH must be between 8 and 64.")
    return Environment(
        debug=debug,
        secret_key=secret_key,
        secret_key_fallbacks=env.list("APIM_SECRET_KEY_FALLBACKS", default=[]),
        public_url=public_url,
        allowed_hosts=_hosts(public_url, debug=debug),
        trusted_proxies=_networks(env.list("APIM_TRUSTED_PROXIES", default=[])),
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
        mail_delivery=delivery,
        mail_pause=_pause(env.str("APIM_MAIL_RATE", default="")),
        inbox_path=var_dir / "inbox",
        metrics_token=env.str("APIM_METRICS_TOKEN", default=""),
        password_min_length=minimum,
    )


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
    return [parts.hostname] + (["127.0.0.1", "localhost"] if debug else [])


def _networks(values: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(value.strip()) for value in values if value.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"APIM_TRUSTED_PROXIES: {error}. It takes addresses or networks, for example 10.0.0.0/8,::1"
        ) from None


def sqlite(path: Path | str, *, durable: bool = True) -> dict[str, Any]:
    """SQLite as a server of many threads: with Django's defaults a third of the writes fail.

    Without ``durable`` a commit does not wait for the disk: after a power cut the last moments
    may be missing, which is all right for counters.
    """
    synchronous = "FULL" if durable else "NORMAL"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; "
                "PRAGMA foreign_keys=ON;"
            ),
        },
    }


def _database(url: str) -> dict[str, Any]:
    config = environ.Env.db_url_config(url)
    if config["ENGINE"].endswith("sqlite3"):
        return sqlite(config["NAME"])
    if not config["ENGINE"].endswith("postgresql"):
        raise ImproperlyConfigured(
            "APIM_DATABASE_URL must begin with sqlite:/// or postgres://; these two are tested."
        )
    options = {"options": "-c lock_timeout=5s"} | config.get("OPTIONS", {})
    return config | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _mailer(url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The mailer of a URL, and anymail's settings where it names one of its providers."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "none":
        return {"BACKEND": _NO_MAIL}, {}
    if parts.scheme == "inbox":
        return {"BACKEND": "django_mail_preview.backends.EmailBackend"}, {}
    if parts.scheme == "file":
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": parts.path},
        }, {}
    if parts.scheme in {"smtp", "smtps"}:
        return {
            "BACKEND": "mail.smtp.EmailBackend",
            "OPTIONS": {
                "host": parts.hostname or "localhost",
                "port": parts.port or (465 if parts.scheme == "smtps" else 25),
                "username": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "use_ssl": parts.scheme == "smtps",
                "use_tls": query.get("tls") == "1",
                "timeout": int(query.get("timeout", "20")),
            },
        }, {}
    # `postmark:?server_token=...`: the provider's options are anymail's own names.
    provider = parts.scheme.replace("-", "_")
    return {"BACKEND": f"anymail.backends.{provider}.EmailBackend"}, {
        f"{provider}_{name}".upper(): value for name, value in query.items()
    }


def _webhook_secret(value: str) -> str:
    """What the provider says with each report: HTTP basic authentication."""
    name, _colon, password = value.strip().partition(":")
    if not name or len(password) < 16:
        raise ImproperlyConfigured(
            "APIM_MAIL_WEBHOOK_SECRET needs a name, a colon and a password of 16 characters or more, "
            "for example reports:$(openssl rand -hex 24)"
        )
    return value.strip()
