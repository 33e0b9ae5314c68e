"""A list of the console as data: its rows, columns, tabs and filters. Every list page is one of these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django_htmx.http import push_url

from console.kit.filters import ListFilter
from console.kit.listing import Count, counts_up_to_limit, listing_of, query_without
from console.kit.whole_keys import address_without_keys


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a list: its head here, its cell the partial ``cell-<name>`` of the list's template.

    ``order`` are the ascending columns that it sorts by, the last one unique; without, it does not.
    """

    name: str
    label: Promise
    order: Sequence[str] = ()
    extra_class: str = ""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One value of the filter's ``tab`` field; "" is the tab of all."""

    value: str
    label: Promise


@dataclass(frozen=True)
class CountedTab:
    label: Promise
    count: Count
    url: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ListPage[Q: QuerySet]:
    """A list of the console: ``template`` extends ``console/kit/list.html`` and has the cells.

    ``rows`` are all there are; ``prepare`` fetches what the cells of one page need.
    """

    template: str
    filters: type[ListFilter]
    rows: Callable[[], Q]
    columns: Sequence[Column]
    default_order: str
    # Sort words of the address that no column's head has.
    more_orders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tabs: Sequence[Tab] = ()
    # Other things to count in the same statement; each is in the template's context by its name.
    also_counted: Mapping[str, Callable[[], QuerySet]] = field(default_factory=dict)
    prepare: Callable[[Q], Q] = lambda rows: rows

    def respond(self, request: HttpRequest, **context: Any) -> HttpResponse:
        """The page, or its rows alone for htmx; 422 where the address makes no sense.

        What was searched for never carries a whole key: it leads to the address without one.
        """
        if cut := address_without_keys(request, "q"):
            return redirect(cut)
        filters = self.filters(request.GET)
        found = filters.apply(self.rows())
        counts = self._counts(filters, found)
        is_fragment = request.htmx.target == "results"  # type: ignore[attr-defined]
        listing = listing_of(
            self.prepare(found), request, orders=self._orders(), default=self.default_order
        )
        response = render(
            request,
            self.template,
            {name: counts[name] for name in self.also_counted}
            | context
            | {
                "frame": f"console/kit/list_{'fragment' if is_fragment else 'frame'}.html",
                "filters": filters,
                "tab": filters.data.get(filters.tab, ""),
                "listing": listing,
                "columns": [
                    (
                        column,
                        f"{self.template}#cell-{column.name}",
                        listing.headings.get(column.name),
                    )
                    for column in self.columns
                ],
                "tabs": self._tabs(filters, counts, request),
                "found": counts["found"],
            },
            status=200 if filters.is_valid() else 422,
        )
        return push_url(response, f"?{query_without(request)}") if is_fragment else response

    def _orders(self) -> dict[str, Sequence[str]]:
        of_columns = {column.name: column.order for column in self.columns if column.order}
        return of_columns | dict(self.more_orders)

    def _counts(self, filters: ListFilter, found: Q) -> dict[str, Count]:
        """In one statement: what is found, and what each tab would show with the other filters."""
        tab_field = filters.tab
        others = filters.apply(self.rows(), without=tab_field)
        return counts_up_to_limit(
            found=found,
            **{
                f"tab_{tab.value}": filters.narrow(others, tab_field, tab.value)
                if tab.value
                else others
                for tab in self.tabs
            },
            **{name: rows() for name, rows in self.also_counted.items()},
        )

    def _tabs(
        self, filters: ListFilter, counts: Mapping[str, Count], request: HttpRequest
    ) -> list[CountedTab]:
        current = filters.data.get(filters.tab, "")
        return [
            CountedTab(
                label=tab.label,
                count=counts[f"tab_{tab.value}"],
                url=f"?{query_without(request, filters.tab, 'cursor')}"
                if not tab.value
                else f"?{query_without(request, 'cursor', **{filters.tab: tab.value})}",
                is_current=tab.value == current,
            )
            for tab in self.tabs
        ]
