"""``APIM_DATABASE_URL``: SQLite or PostgreSQL, or the sentence that says what is wrong with it."""

import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

NAME = "APIM_DATABASE_URL"
_POSTGRESQL = {"postgres", "postgresql", "psql", "pgsql"}


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


def read_database(url: str) -> dict[str, Any]:
    """Django's settings of the database. Never quotes the URL, which holds a password."""
    try:
        parts = urlsplit(url)
        # A cluster names several hosts, each with its port.
        port = None if "," in parts.netloc else parts.port
    except ValueError:
        raise ImproperlyConfigured(
            f"{NAME} cannot be read: its port is no number from 1 to 65535, or the password has a "
            "character that must be percent-encoded (@ %40, : %3A, / %2F, ? %3F, # %23, [ %5B)."
        ) from None
    if parts.scheme != "sqlite" and parts.scheme not in _POSTGRESQL:
        raise ImproperlyConfigured(
            f"{NAME} must begin with sqlite:/// or postgres://; these two are tested."
        )
    if parts.fragment or port == 0:
        what = "a # that must be written %23" if parts.fragment else "the port 0"
        raise ImproperlyConfigured(f"{NAME} has {what}.")
    if parts.scheme == "sqlite" and (parts.netloc or not parts.path.strip("/")):
        raise ImproperlyConfigured(
            f"{NAME} names no file. Write sqlite:////path/to/apim.sqlite3, with four slashes for an "
            "absolute path."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            config = environ.Env.db_url_config(url)
    except (LookupError, TypeError, ValueError, Warning):
        raise ImproperlyConfigured(
            f"{NAME} cannot be read. Write postgres://user:password@host:5432/name, with special "
            "characters percent-encoded."
        ) from None
    if parts.scheme == "sqlite":
        return sqlite(config["NAME"])
    if not config["NAME"] or not parts.path.startswith("/"):
        raise ImproperlyConfigured(
            f"{NAME} names no database. Write postgres://user:password@host:5432/name."
        )
    options = {"options": "-c lock_timeout=5s", "connect_timeout": 5} | config.get("OPTIONS", {})
    return config | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
