"""The list of developers, and the same list as a file."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django_htmx.http import push_url

from accounts import actions
from accounts.models import Role, RoleAssignment, User, UserQuerySet
from base.csv import csv_response
from base.doors import administrators_only
from console.developers.forms import DevelopersFilter
from console.kit.lists import (
    count_up_to_limit,
    counts_up_to_limit,
    listing_of,
    query_without,
)
from console.kit.requests import ConsoleRequest
from console.subscriptions.effects import address_without_keys, words_of
from invitations.models import Invitation

ORDERS = {
    "name": ["last_name", "first_name", "id"],
    "email": ["email"],
    "seen": ["last_seen_at", "id"],
    "registered": ["registered_at", "id"],
}
DEFAULT_ORDER = "-registered"
EXPORT_COLUMNS = [
    "email",
    "first_name",
    "last_name",
    "state",
    "roles",
    "registered_at",
    "last_seen_at",
]
EXPORT_BATCH = 2000


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Everybody with an account. Invited people are not here until they accept."""
    if cut := address_without_keys(request, "q"):
        return redirect(cut)
    filters = DevelopersFilter(request.GET)
    found = filters.apply(User.objects.all())
    roles = Prefetch("roles", Role.objects.in_order())
    counts = counts_up_to_limit(
        all=User.objects.all(),
        active=User.objects.active(),
        blocked=User.objects.blocked(),
        pending=Invitation.objects.pending(),
        found=found,
    )
    context = {
        "filters": filters,
        "chosen": filters.cleaned_data,
        "listing": listing_of(
            found.prefetch_related(roles), request, orders=ORDERS, default=DEFAULT_ORDER
        ),
        "counts": counts,
        "pending_invitations": counts["pending"],
    }
    if request.htmx.target != "results":
        return render(request, "console/developers/index.html", context)
    results = render(request, "console/developers/index.html#results", context)
    return push_url(results, f"?{query_without(request)}")


@administrators_only(methods=["GET"])
def export(request: ConsoleRequest) -> HttpResponseBase:
    """The people the filter finds, all pages, as CSV."""
    if cut := address_without_keys(request, "q"):
        return redirect(cut)
    filters = DevelopersFilter(request.GET)
    found = filters.apply(User.objects.all())
    actions.record_export(
        filters=words_of(filters), count=count_up_to_limit(found).number, by=request.user
    )
    name = f"developers-{timezone.now():%Y-%m-%d}.csv"
    return csv_response(name=name, header=EXPORT_COLUMNS, rows=_rows(found))


def _rows(people: UserQuerySet) -> Iterator[list[Any]]:
    """Newest first in keyset batches of tuples, roles by one query a batch.

    Ten times the model iterator, in flat memory, and no transaction stays open while a slow
    reader downloads.
    """
    columns = ["id", *(column for column in EXPORT_COLUMNS if column != "roles")]
    rest = people.order_by("-id").values_list(*columns)
    batch = rest[:EXPORT_BATCH]
    while batch:
        roles = _role_names([row[0] for row in batch])
        for user_id, email, first_name, last_name, state, registered_at, last_seen_at in batch:
            given = ", ".join(roles.get(user_id, []))
            seen = _iso(last_seen_at)
            yield [email, first_name, last_name, state, given, _iso(registered_at), seen]
        batch = rest.filter(id__lt=user_id)[:EXPORT_BATCH]


def _role_names(user_ids: list[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    given = RoleAssignment.objects.filter(user_id__in=user_ids).order_by("role__name_key")
    for user_id, name in given.values_list("user_id", "role__name"):
        names.setdefault(user_id, []).append(name)
    return names


def _iso(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
