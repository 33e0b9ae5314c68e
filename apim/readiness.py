"""Whether this process may be sent requests: each question is asked anew, and costs a read or two.

Answers are states, never names of hosts or errors: anybody may read them.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.cache import caches
from django.db import DatabaseError, InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

OK = "ok"
AWAY = "does not answer"
UNKNOWN = "unknown: the database does not answer"
# A few requests must fit: a log line, a session, a count.
ROOM = 1024 * 1024

Migration = tuple[str, str]


def states() -> dict[str, str]:
    """``ok`` for everything that stands as it should, else what is wrong with it, in words."""
    found = {"database": _worst(_answers)}
    if found["database"] == OK:
        found |= {
            "migrations": _worst(_migrations),
            "cache_table": _cache_table(),
            "writable": _worst(_writable),
        }
    else:
        found |= dict.fromkeys(["migrations", "cache_table", "writable"], UNKNOWN)
    return found | {"static_files": _static_files()}


def _worst(ask: Callable[[BaseDatabaseWrapper], str]) -> str:
    """Of all databases: with SQLite the throttle has one of its own."""
    for alias in connections:
        try:
            state = ask(connections[alias])
        except (DatabaseError, InterfaceError):
            state = AWAY
        if state != OK:
            return state
    return OK


def _answers(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        # Connecting would make an empty one.
        return "missing"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _migrations(connection: BaseDatabaseWrapper) -> str:
    recorder = MigrationRecorder(connection)
    applied = set(recorder.applied_migrations()) if recorder.has_table() else set()
    wanted, replaced, apps = _migrations_of_the_code()
    missing = {
        migration
        for migration in wanted - applied
        if not (migration in replaced and replaced[migration] <= applied)
    }
    if missing:
        return "not applied: run manage.py migrate"
    old = {migration for group in replaced.values() for migration in group}
    if any(migration[0] in apps for migration in applied - wanted - old):
        return "newer than this code"
    return OK


@cache
def _migrations_of_the_code() -> tuple[
    frozenset[Migration], dict[Migration, frozenset[Migration]], frozenset[str]
]:
    """What there is to apply, what each squashed one stands for, and whose migrations we know."""
    loader = MigrationLoader(None)
    replaced = {
        key: frozenset(migration.replaces)
        for key, migration in loader.disk_migrations.items()
        if migration.replaces
    }
    return frozenset(loader.disk_migrations), replaced, frozenset(loader.migrated_apps)


def _cache_table() -> str:
    """By writing: a full disk, a standby and a missing table all show."""
    try:
        caches["default"].set("readiness", True, timeout=60)
    except (DatabaseError, InterfaceError):
        return "cannot be written"
    return OK


def _writable(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor == "sqlite":
        return _file_is_writable(Path(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')")
        in_recovery, read_only = cursor.fetchone()
    if in_recovery:
        return "read-only: the database is in recovery"
    return "read-only" if read_only == "on" else OK


def _file_is_writable(file: Path) -> str:
    # The directory too: the log of changes (-wal) is made there.
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return "read-only"
    disk = os.statvfs(file.parent)
    if disk.f_flag & os.ST_RDONLY:
        return "read-only"
    return OK if disk.f_bavail * disk.f_frsize >= ROOM else "the disk is full"


def _static_files() -> str:
    """Production names every file by its content, in a manifest that collectstatic writes."""
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return OK
    named = staticfiles_storage.hashed_files
    if not named:
        return "no manifest: run manage.py collectstatic"
    return (
        OK
        if _files_of_the_code() <= set(named)
        else "older than this code: run manage.py collectstatic"
    )


@cache
def _files_of_the_code() -> frozenset[str]:
    """Our own style sheets and scripts; read once, they do not change under a running process."""
    own = Path(str(settings.STATICFILES_DIRS[0]))
    return frozenset(
        path
        for finder in finders.get_finders()
        for path, storage in finder.list([])
        if not getattr(storage, "prefix", None) and Path(storage.location) == own
    )
