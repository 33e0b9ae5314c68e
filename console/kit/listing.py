"""What every list of the console shares: sorting, keyset pages and counts, all in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from base.paging import PAGE_SIZE, Page, page_of

# Counting a search over a million rows costs a second; nobody needs the last digit.
COUNT_LIMIT = 10_000
# An operation on many rows is a transaction for each; more would outlast a web request.
BULK_LIMIT = 500


@dataclass(frozen=True)
class Count:
    """How many rows match, exact up to ``COUNT_LIMIT``; prints as people read it."""

    number: int

    @property
    def is_capped(self) -> bool:
        return self.number > COUNT_LIMIT

    def __str__(self) -> str:
        if self.is_capped:
            return _("more than %(limit)s") % {
                "limit": number_format(COUNT_LIMIT, force_grouping=True)
            }
        return number_format(self.number, force_grouping=True)

    def __bool__(self) -> bool:
        return self.number > 0


def count_up_to_limit(queryset: QuerySet) -> Count:
    """Count no further than ``COUNT_LIMIT``."""
    return Count(queryset.order_by()[: COUNT_LIMIT + 1].count())


def counts_up_to_limit(**querysets: QuerySet) -> dict[str, Count]:
    """Count several things in one statement, none further than ``COUNT_LIMIT``."""
    counts: list[str] = []
    values: list[Any] = []
    for queryset in querysets.values():
        rows = queryset.order_by().values("pk")[: COUNT_LIMIT + 1]
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:
            # ``none()`` and what Django knows to be empty have no statement.
            sql, params = "SELECT 1 WHERE 1 = 0", ()
        # S608: every part is Django's own SQL, its parameters stay apart.
        counts.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")  # noqa: S608
        values.extend(params)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", values)
        return dict(zip(querysets, map(Count, cursor.fetchone()), strict=True))


@dataclass(frozen=True)
class Heading:
    """A column head that sorts: ``url`` is what a click leads to, ``direction`` how it sorts now."""

    url: str
    # "ascending", "descending" or "" as in aria-sort.
    direction: str


@dataclass(frozen=True)
class Listing[M: Model]:
    """One page of a list, ready for a template.

    ``query`` is the address's query string without the cursor, for the pager and for exports.
    ``headings`` has an entry for each sortable column (``console/kit/sort_heading.html``).
    """

    page: Page[M]
    sort: str
    query: str
    headings: Mapping[str, Heading]


def listing_of[M: Model](
    queryset: QuerySet[M],
    request: HttpRequest,
    *,
    orders: Mapping[str, Sequence[str]],
    default: str,
    size: int = PAGE_SIZE,
) -> Listing[M]:
    """The page of ``queryset`` that the address asks for with ``sort`` and ``cursor``.

    ``orders`` maps a word of the address to ascending columns, the last one unique; "-word"
    sorts the other way round. An unknown word gives ``default``.
    """
    sort = request.GET.get("sort", default)
    if sort.removeprefix("-") not in orders:
        sort = default
    return Listing(
        page=page_of(
            queryset,
            order=order_of(sort, orders),
            cursor=request.GET.get("cursor", ""),
            size=size,
        ),
        sort=sort,
        query=query_without(request, "cursor"),
        headings={word: _heading(word, sort, default, request) for word in orders},
    )


def order_of(sort: str, orders: Mapping[str, Sequence[str]]) -> list[str]:
    """The columns of a sort word, all in its direction."""
    sign = "-" if sort.startswith("-") else ""
    return [sign + column for column in orders[sort.removeprefix("-")]]


def query_without(request: HttpRequest, *names: str, **changes: str) -> str:
    """The address's query string without ``names`` and empty values, and with ``changes``."""
    query = request.GET.copy()
    for name in [name for name in query if name in names or not query[name]]:
        del query[name]
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _heading(word: str, sort: str, default: str, request: HttpRequest) -> Heading:
    """The first click sorts as the default does where it is this column's, else ascending."""
    first = default if default.removeprefix("-") == word else word
    current = sort.removeprefix("-") == word
    following = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    target = following if current else first
    direction = ("descending" if sort.startswith("-") else "ascending") if current else ""
    return Heading(f"?{query_without(request, 'cursor', sort=target)}", direction)
