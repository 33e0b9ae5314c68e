"""Locks beside Django's own, held until the transaction ends.

``take`` locks something that is no row, by PostgreSQL's advisory locks: the lock manager serves in
turn, and nothing is written. SQLite has one writer at a time, so whoever is inside a transaction is
alone already.
"""

from enum import IntEnum

from django.db import connection
from django.db.models import Model, QuerySet


class Lock(IntEnum):
    """What is locked; with a number (a primary key) below 2**40 one of its kind."""

    AUTHORITY_OF_USER = 1
    INVITATIONS_OF_THE_DAY = 2


# "APM", so that no other user of advisory locks in the same database meets ours.
_OURS = 0x41504D


def take(lock: Lock, number: int = 0, *, shared: bool = False) -> None:
    """Wait for the lock and hold it; ``shared`` with others that share it."""
    if connection.vendor != "postgresql":
        return
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        # S608: the name is one of the two above.
        cursor.execute(f"SELECT {function}(%s)", [((_OURS + lock) << 40) | number])


def lock_free[M: Model](rows: QuerySet[M]) -> list[int]:
    """Lock those of ``rows`` that nobody holds; their primary keys, in order.

    For work that comes back: it waits for nobody, and nobody for it. On SQLite all are free.
    """
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, no_key=True)
    return sorted(rows.values_list("pk", flat=True))


def hold_references() -> None:
    """Look now for what the transaction's new rows refer to, and hold it, not only at the commit.

    Whoever deletes it waits. On SQLite nobody else deletes anything meanwhile.
    """
    if connection.vendor == "postgresql":
        connection.check_constraints()
