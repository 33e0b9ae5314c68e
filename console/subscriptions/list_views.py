"""The list of subscriptions with the approval queue, and the same list as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import push_url

from base.csv import csv_response
from base.doors import administrators_only
from catalog import actions
from catalog.models import Key, Product, Subscription, SubscriptionQuerySet
from catalog.transitions import Transition, possible, possible_from
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, way_back
from console.kit.listing import (
    Count,
    count_up_to_limit,
    counts_up_to_limit,
    listing_of,
    query_without,
)
from console.kit.requests import ConsoleRequest
from console.kit.whole_keys import address_without_keys, words_of
from console.subscriptions.forms import AddSubscriptionForm, SubscriptionsFilter
from gateway.check.calls import Calls, calls_of_subscriptions

ORDERS = {"created": ["created_at", "id"], "name": ["name", "id"]}
LIST = "console/subscriptions/index.html"
EXPORT_COLUMNS = [
    *["owner_email", "owner_name", "product", "name", "state", "created_at", "ends_at"],
    *["comment", "keys"],
]
EXPORT_BATCH = 1000


@dataclass(frozen=True)
class Row:
    """``main`` is the transition that stands in the row by itself; the others are in its menu."""

    subscription: Subscription
    calls: Calls
    possible: frozenset[Transition]

    @property
    def main(self) -> str:
        preferred = [Transition.APPROVE, Transition.ACTIVATE, Transition.SUSPEND]
        return next((str(one) for one in preferred if one in self.possible), "")


@dataclass(frozen=True)
class Tab:
    words: str
    url: str
    count: Count
    is_current: bool


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every subscription; the address keeps search, state and product."""
    if cut := address_without_keys(request, "q"):
        return redirect(cut)
    filters = SubscriptionsFilter(request.GET)
    found = filters.apply(Subscription.objects.all())
    listing = listing_of(with_keys(found), request, orders=ORDERS, default="-created")
    tabs = _tabs(request, filters)
    state = filters.cleaned_data.get("state")
    context = {
        "filters": filters,
        "products": Product.objects.order_by("name_key"),
        "listing": listing,
        "rows": rows_of(listing.page.rows),
        "offered": possible_from(state) if state else frozenset(Transition),
        "tabs": tabs,
        "found": next(tab.count for tab in tabs if tab.is_current),
    }
    if request.htmx.target != "results":
        return render(request, LIST, context)
    return push_url(render(request, f"{LIST}#results", context), f"?{query_without(request)}")


def with_keys(subscriptions: SubscriptionQuerySet) -> SubscriptionQuerySet:
    """With what the rows of a list show."""
    keys = Prefetch("keys", Key.objects.current().order_by("slot"))
    return subscriptions.select_related("owner", "product").prefetch_related(keys)


def rows_of(subscriptions: Iterable[Subscription]) -> list[Row]:
    """With calls and what can be done, in one query."""
    shown = list(subscriptions)
    calls = calls_of_subscriptions(row.pk for row in shown)
    return [Row(row, calls.get(row.pk, Calls()), possible(row)) for row in shown]


@administrators_only(methods=["GET"])
def export(request: ConsoleRequest) -> HttpResponseBase:
    """The subscriptions the filter finds, all pages, as CSV. Of keys only their beginning."""
    if cut := address_without_keys(request, "q"):
        return redirect(cut)
    filters = SubscriptionsFilter(request.GET)
    found = filters.apply(Subscription.objects.all())
    actions.record_subscription_export(
        filters=words_of(filters), count=count_up_to_limit(found).number, by=request.user
    )
    name = f"subscriptions-{timezone.now():%Y-%m-%d}.csv"
    return csv_response(name=name, header=EXPORT_COLUMNS, rows=_lines(found))


def _lines(found: SubscriptionQuerySet) -> Iterator[list[Any]]:
    """Newest first in keyset batches, so that no transaction waits for a slow reader."""
    rest = with_keys(found).order_by("-id")
    batch = list(rest[:EXPORT_BATCH])
    while batch:
        for row in batch:
            yield [
                *[row.owner.email, row.owner.full_name, row.product.name, row.name],
                *[str(row.state_now), _iso(row.created_at), _iso(row.ends_at), row.comment],
                ", ".join(key.prefix for key in row.keys.all()),
            ]
        batch = list(rest.filter(id__lt=batch[-1].pk)[:EXPORT_BATCH])


def _iso(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    """Add a subscription for a person, who then makes its keys."""
    initial = {name: request.GET.get(name, "") for name in ["person", "product"]}
    form = AddSubscriptionForm(posted(request), initial=initial)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            subscription = actions.add_subscription(
                owner=given.pop("person"), **given, by=request.user
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("console:subscription-detail", subscription.public_id)
    operation = ConfirmDialog(
        title=_("Add subscription"),
        lead=_("It is active at once. The developer makes its keys, which only they see."),
        submit=_("Save"),
        crumbs=[(reverse("console:subscription-list"), _("Subscriptions"))],
    )
    back = way_back(request, otherwise=reverse("console:subscription-list"))
    return show_confirm_dialog(request, operation, form=form, back=back)


def _tabs(request: ConsoleRequest, filters: SubscriptionsFilter) -> list[Tab]:
    """All, then one for each state; one statement."""
    every = filters.apply(Subscription.objects.all(), state=False)
    states = {state: every.in_state(state) for state in Subscription.State}
    counts = counts_up_to_limit(
        every=every, **{str(state): found for state, found in states.items()}
    )
    chosen = filters.cleaned_data.get("state") or ""
    tabs = [Tab(_("All"), _url(request, ""), counts["every"], chosen == "")]
    names = {Subscription.State.SUBMITTED: _("Waiting for approval")}
    for state in Subscription.State:
        words = names.get(state, str(state.label))
        tabs.append(Tab(words, _url(request, state), counts[str(state)], chosen == state))
    return tabs


def _url(request: ConsoleRequest, state: str) -> str:
    changes = {"state": str(state)} if state else {}
    return f"?{query_without(request, 'cursor', 'state', **changes)}"
