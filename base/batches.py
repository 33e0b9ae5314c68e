"""One statement for many rows, in the way that each database does it fastest."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


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
