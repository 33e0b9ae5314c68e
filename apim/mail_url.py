"""``APIM_MAIL_URL``: how emails leave, or the sentence that says what is wrong with it."""

import pkgutil
import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import anymail.backends
from django.core.exceptions import ImproperlyConfigured

from base.variables import as_bool

NAME = "APIM_MAIL_URL"
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
_PLAIN_PROVIDERS = {"base", "base_requests", "console", "test"}
_OURS = "smtp://, smtps://, file:, inbox:, none:"

Mailer = tuple[dict[str, Any], dict[str, Any]]


def read_mailer(url: str, *, debug: bool) -> Mailer:
    """The mailer of a URL, and anymail's settings where it names one of its providers.

    On a developer's machine (``debug``) a password may travel in the clear unasked.
    """
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise _refused("cannot be read as a URL. Percent-encode special characters.") from None
    options = dict(query)
    if len(options) != len(query):
        raise _refused("says something twice after the question mark.")
    if parts.scheme in {"none", "inbox"}:
        backend = {"none": NO_MAIL, "inbox": "django_mail_preview.backends.EmailBackend"}
        return {"BACKEND": backend[parts.scheme]}, {}
    if parts.scheme == "file":
        if parts.netloc or not parts.path:
            raise _refused("names no folder. Write file:/path/to/folder.")
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": parts.path},
        }, {}
    if parts.scheme in {"smtp", "smtps"}:
        return {
            "BACKEND": "mail.smtp.EmailBackend",
            "OPTIONS": _smtp(parts, options, debug=debug),
        }, {}
    return _provider(parts, options)


def _smtp(parts: SplitResult, options: dict[str, str], *, debug: bool) -> dict[str, Any]:
    if not url_has_host(parts):
        raise _refused("names no mail server. Write smtp://mail.example.org:587?tls=1.")
    if parts.path.strip("/") or parts.fragment:
        raise _refused(
            "has something after the mail server. Percent-encode /, ? and # in the password "
            "(%2F, %3F, %23)."
        )
    if unknown := sorted(set(options) - {"tls", "timeout"}):
        raise _refused(f"knows no {unknown[0]!r}. It takes tls and timeout.")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _refused("has a port that is none. It is a number from 1 to 65535.")
    is_implicit = parts.scheme == "smtps"
    use_tls = _tls(options, default=is_implicit)
    if is_implicit and not use_tls:
        raise _refused("says smtps:// and tls=0. Write smtp:// to send without TLS.")
    if parts.password and not use_tls and "tls" not in options and not debug:
        raise _refused(
            "sends a password over a connection without TLS. Add tls=1 (STARTTLS), write smtps://, "
            "or write tls=0 if the password may be read on the way."
        )
    timeout = options.get("timeout", "20")
    if not re.fullmatch(r"[0-9]{1,3}", timeout) or not 1 <= int(timeout) <= 600:
        raise _refused("has a timeout that is none. It is a number of seconds from 1 to 600.")
    return {
        "host": parts.hostname or "localhost",
        "port": port or (465 if is_implicit else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": is_implicit,
        "use_tls": use_tls and not is_implicit,
        "timeout": int(timeout),
    }


def url_has_host(parts: SplitResult) -> bool:
    """``smtp://`` alone is this machine; ``smtp:host`` is a slip."""
    return bool(parts.hostname) or not (parts.netloc or parts.path)


def _tls(options: dict[str, str], *, default: bool) -> bool:
    if "tls" not in options:
        return default
    use_tls = as_bool(options["tls"])
    if use_tls is None:
        raise _refused(f"says tls={options['tls']}. Write tls=1 or tls=0.")
    return use_tls


def _provider(parts: SplitResult, options: dict[str, str]) -> Mailer:
    """`postmark:?server_token=...`: the provider's options are anymail's own names."""
    name = parts.scheme.replace("-", "_")
    known = providers()
    if name not in known:
        # Not the URL: a slip may have put a password where the scheme should be.
        raise _refused(
            f"begins with none of {_OURS} and no mail provider we know: "
            + ", ".join(f"{one.replace('_', '-')}:" for one in known)
        )
    if parts.netloc or parts.path:
        raise _refused(f"is not of the form {parts.scheme}:?option=value&option=value.")
    return {"BACKEND": f"anymail.backends.{name}.EmailBackend"}, {
        f"{name}_{option}".upper(): value for option, value in options.items()
    }


def providers() -> list[str]:
    """The providers that anymail knows, by the names of their modules."""
    found = {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)}
    return sorted(found - _PLAIN_PROVIDERS)


def _refused(words: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{NAME} {words}")
