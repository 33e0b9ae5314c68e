"""Many rows in few statements, and no more of them at once than others can wait for."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from base.locks import lock_free

DELETED_AT_ONCE = 1000


def write_many(statements: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Run the statement of the database's vendor for all rows.

    SQLite's takes one row and is run for each. PostgreSQL's takes a list for each column
    (``unnest``): planning it once for every row would cost more than the rows.
    """
    if not rows:
        return
    statement = statements[connection.vendor]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(statement, rows)


def delete_in_batches[M: Model](rows: QuerySet[M], stop: Callable[[], bool]) -> int:
    """Delete ``rows``, a thousand in a transaction, until none is left or ``stop``; the number.

    What somebody else holds, another process that deletes the same for example, is passed over.
    """
    deleted = 0
    while not stop():
        # Nothing is written, nor a lock taken on SQLite, while there is nothing to delete.
        if not rows.exists():
            break
        with transaction.atomic():
            batch = lock_free(rows[:DELETED_AT_ONCE])
            rows.model._default_manager.filter(pk__in=batch).delete()
        deleted += len(batch)
        if len(batch) < DELETED_AT_ONCE:
            break
    return deleted
