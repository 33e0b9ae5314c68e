"""Keyset paging: any page of a long list costs what the first one does.

A cursor is the sort values of a row at the page's edge, signed so that nobody can probe columns
with made-up values. No page numbers and no OFFSET: rows neither repeat nor vanish while people
are being added.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

PAGE_SIZE = 50
SALT = "base.paging"


@dataclass(frozen=True)
class Page[M: Model]:
    """One page of rows, and the cursors of its neighbours where there are any."""

    rows: Sequence[M]
    next_cursor: str | None
    previous_cursor: str | None

    @property
    def is_first(self) -> bool:
        return self.previous_cursor is None


def page_of[M: Model](
    queryset: QuerySet[M], *, order: Sequence[str], cursor: str = "", size: int = PAGE_SIZE
) -> Page[M]:
    """Cut one page out of ``queryset``.

    ``order`` names columns as ``order_by`` does ("-registered_at"); its last column must be unique.
    Columns that may be null sort their nulls last in both directions. ``cursor`` comes from the
    address; one that is not ours, belongs to another order, or leads to less than a page before
    the first row or to nothing after the last one, gives the first page.
    """
    backwards, edge = _read(cursor, order)
    columns = [_Column(queryset.model, name) for name in order]
    rows = queryset.order_by(*[column.ordering(reverse=backwards) for column in columns])
    if edge is not None:
        rows = rows.filter(_beyond(columns, edge, reverse=backwards))
    found = list(rows[: size + 1])
    more = len(found) > size
    if edge is not None and not (more if backwards else found):
        return page_of(queryset, order=order, size=size)
    found = found[:size]
    if backwards:
        found.reverse()
    has_previous = edge is not None
    has_next = True if backwards else more
    return Page(
        rows=found,
        next_cursor=_write(order, columns, found[-1]) if found and has_next else None,
        previous_cursor=_write(order, columns, found[0], backwards=True)
        if found and has_previous
        else None,
    )


class _Column:
    """One sort column with its direction; nulls are always last going forwards."""

    def __init__(self, model: type[Model], name: str) -> None:
        self.descending = name.startswith("-")
        self.name = name.removeprefix("-")
        self.may_be_null = _may_be_null(model, self.name)

    def ordering(self, *, reverse: bool) -> OrderBy:
        descending = self.descending != reverse
        if not self.may_be_null:
            # NULLS LAST would keep PostgreSQL from the index, even where there are no nulls.
            return OrderBy(F(self.name), descending=descending)
        nulls = {"nulls_first": True} if reverse else {"nulls_last": True}
        return OrderBy(F(self.name), descending=descending, **nulls)

    def beyond(self, value: Any, *, reverse: bool, inclusive: bool = False) -> Q | None:
        """Rows that differ in this column and come later; None where there cannot be any.

        ``inclusive`` takes in the rows with the same value.
        """
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if reverse else None
        operator = ("lt" if self.descending != reverse else "gt") + ("e" if inclusive else "")
        later = Q(**{f"{self.name}__{operator}": value})
        if reverse or not self.may_be_null:
            return later
        return later | Q(**{f"{self.name}__isnull": True})

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})


def _may_be_null(model: type[Model], name: str) -> bool:
    """Whether the column, or a relation on the way to it, may be null; annotations may."""
    step: Any = model
    for part in name.split("__"):
        try:
            field = step._meta.get_field(part)
        except FieldDoesNotExist:
            return True
        if field.null:
            return True
        step = field.related_model
    return False


def _beyond(columns: Sequence[_Column], edge: Sequence[Any], *, reverse: bool) -> Q:
    """(a beyond) or (a same and b beyond) or ...; never empty, the last column is unique."""
    condition = Q(pk__in=[])
    same = Q()
    for column, value in zip(columns, edge, strict=True):
        later = column.beyond(value, reverse=reverse)
        if later is not None:
            condition |= same & later
        same &= column.same(value)
    if not columns[0].may_be_null:
        # Says nothing new, but lets an index start at the edge: the OR alone is tried row by row.
        condition &= columns[0].beyond(edge[0], reverse=reverse, inclusive=True) or Q()
    return condition


def _write(
    order: Sequence[str], columns: Sequence[_Column], row: Model, *, backwards: bool = False
) -> str:
    values = []
    for column in columns:
        value: Any = row
        for part in column.name.split("__"):
            value = getattr(value, part)
        values.append({"at": value.isoformat()} if isinstance(value, dt.datetime) else value)
    return signing.dumps({"o": list(order), "b": backwards, "v": values}, salt=SALT, compress=True)


def _read(cursor: str, order: Sequence[str]) -> tuple[bool, list[Any] | None]:
    try:
        data = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        return False, None
    if data["o"] != list(order):
        return False, None
    values = [
        dt.datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
        for value in data["v"]
    ]
    return data["b"], values
