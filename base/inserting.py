"""Inserting many rows of which each needs an address that nobody else has."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model

STATEMENT = 1000


def insert_where_free[M: Model](
    outcomes: list[M | ValidationError],
    *,
    find_holders: Callable[[list[str]], Mapping[str, Any]],
    refuse: Callable[[Any], ValidationError],
) -> list[M]:
    """Insert the unsaved rows among ``outcomes`` and return them; the others become refusals.

    Rows have an ``email`` and a ``public_id``. ``find_holders`` tells who has which of many
    addresses, ``refuse`` words what that means. Within ``outcomes`` the first one has an address.
    Runs inside the caller's transaction.
    """
    inserted: list[M] = []
    waiting = {index: row for index, row in enumerate(outcomes) if isinstance(row, Model)}
    while waiting:
        holders = dict(find_holders([_email(row) for row in waiting.values()]))
        fresh: dict[str, M] = {}
        for index, row in list(waiting.items()):
            holder = holders.get(_email(row)) or fresh.setdefault(_email(row), row)
            if holder is not row:
                outcomes[index] = refuse(holder)
                del waiting[index]
        inserted += _inserted(fresh.values())
        # Whoever is left lost the address to somebody else between the look and the insert; the
        # next look finds to whom.
        waiting = {index: row for index, row in waiting.items() if row.pk is None}
    return inserted


def _inserted[M: Model](rows: Iterable[M]) -> list[M]:
    """Those that found their address free, with their primary keys.

    Written in the order of the addresses, so that two lists of the same people wait for each other
    rather than deadlock.
    """
    tried = sorted(rows, key=_email)
    if not tried:
        return []
    objects = type(tried[0])._default_manager
    objects.bulk_create(tried, batch_size=STATEMENT, ignore_conflicts=True)
    written = objects.filter(public_id__in=[_public_id(row) for row in tried])
    keys = dict(written.values_list("public_id", "pk"))
    for row in tried:
        row.pk = keys.get(_public_id(row))
        row._state.adding = row.pk is None
    return [row for row in tried if row.pk is not None]


def _email(row: Model) -> str:
    email: str = row.email  # type: ignore[attr-defined]
    return email


def _public_id(row: Model) -> UUID:
    public_id: UUID = row.public_id  # type: ignore[attr-defined]
    return public_id
