"""What a failure of the database or the disk means for whoever was waiting for an answer."""

import errno
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from enum import Enum

from django.db import DatabaseError, InterfaceError, OperationalError

logger = logging.getLogger(__name__)

LOG_EVERY_SECONDS = 60


class Failure(Enum):
    """Each has a page of its own (base.errors)."""

    # Nothing can be read: refused, gone in the middle, or never set up.
    UNAVAILABLE = "unavailable"
    # Nothing can be written; reading goes on.
    FULL = "full"
    READ_ONLY = "read only"
    # Somebody else held what this request wanted for too long.
    BUSY = "busy"


# By primary result code; what is not here is a mistake of ours and stays a 500.
_SQLITE = {
    sqlite3.SQLITE_BUSY: Failure.BUSY,
    sqlite3.SQLITE_LOCKED: Failure.BUSY,
    sqlite3.SQLITE_INTERRUPT: Failure.BUSY,
    sqlite3.SQLITE_READONLY: Failure.READ_ONLY,
    sqlite3.SQLITE_PERM: Failure.READ_ONLY,
    # A full disk shows as either.
    sqlite3.SQLITE_FULL: Failure.FULL,
    sqlite3.SQLITE_IOERR: Failure.FULL,
    sqlite3.SQLITE_CANTOPEN: Failure.UNAVAILABLE,
    sqlite3.SQLITE_CORRUPT: Failure.UNAVAILABLE,
    sqlite3.SQLITE_NOTADB: Failure.UNAVAILABLE,
    sqlite3.SQLITE_PROTOCOL: Failure.UNAVAILABLE,
}
# By SQLSTATE, then by its class.
_POSTGRESQL = {
    "53100": Failure.FULL,
    "25006": Failure.READ_ONLY,
    "55P03": Failure.BUSY,
    "57014": Failure.BUSY,
    "25P03": Failure.BUSY,
    "25P04": Failure.BUSY,
    "42P01": Failure.UNAVAILABLE,
    "3D000": Failure.UNAVAILABLE,
    "08": Failure.UNAVAILABLE,
    "28": Failure.UNAVAILABLE,
    "40": Failure.BUSY,
    "53": Failure.UNAVAILABLE,
    "57": Failure.UNAVAILABLE,
    "58": Failure.FULL,
}
_DISK = {
    errno.ENOSPC: Failure.FULL,
    errno.EDQUOT: Failure.FULL,
    errno.EROFS: Failure.READ_ONLY,
}
# Without a code: as SQLite words it, and as the driver of PostgreSQL words a lost connection.
_WORDS = [
    ("no such table", Failure.UNAVAILABLE),
    ("disk is full", Failure.FULL),
    ("disk i/o error", Failure.FULL),
    ("readonly database", Failure.READ_ONLY),
    ("is locked", Failure.BUSY),
    ("could not be written", Failure.FULL),
    ("unable to open", Failure.UNAVAILABLE),
    ("connection", Failure.UNAVAILABLE),
    ("terminat", Failure.UNAVAILABLE),
]


def failure_of(error: BaseException | None) -> Failure | None:
    """What failed beneath us; None where the error is nobody's but ours."""
    return next((found for link in _chain(error) if (found := _failure_of_one(link))), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 20:
        yield error
        error = error.__cause__ or error.__context__
        seen += 1


def _failure_of_one(error: BaseException) -> Failure | None:
    if isinstance(error, DatabaseError | InterfaceError):
        return _failure_of_driver(error)
    if isinstance(error, OSError):
        return _DISK.get(error.errno or 0)
    return None


def _failure_of_driver(error: Exception) -> Failure | None:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state:
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and (found := _SQLITE.get(code & 0xFF)):
        return found
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    words = str(error).lower()
    found = next((failure for part, failure in _WORDS if part in words), None)
    # PostgreSQL's driver gives no state where it never got through to a server that has one.
    never_got_through = hasattr(cause, "sqlstate") and isinstance(error, OperationalError)
    return found or (Failure.UNAVAILABLE if never_got_through else None)


class _Reports:
    """One line a minute for each kind of failure, with the number of answers it stands for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_at: dict[Failure, float] = {}
        self._unsaid: dict[Failure, int] = {}

    def say(self, failure: Failure, error: BaseException) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._said_at.get(failure, -LOG_EVERY_SECONDS) < LOG_EVERY_SECONDS:
                self._unsaid[failure] = self._unsaid.get(failure, 0) + 1
                return
            self._said_at[failure] = now
            unsaid = self._unsaid.pop(failure, 0)
        cause = str(error).strip().partition("\n")[0]
        logger.error(
            "The database or disk fails (%s): %s: %s. %d more requests failed since this was last logged.",
            failure.value,
            type(error).__name__,
            cause,
            unsaid,
        )

    def forget(self) -> None:
        with self._lock:
            self._said_at.clear()
            self._unsaid.clear()


reports = _Reports()


class AlreadyReported(logging.Filter):
    """Keeps Django from logging again, for each request, what ``reports`` says once a minute.

    503 and 507 without an error are answers given on purpose: not ready, or busy.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return getattr(record, "status_code", None) not in {503, 507}
        return failure_of(error) is None
