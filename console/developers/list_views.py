"""The list of developers, and the same list as a file."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.models import Role, RoleAssignment, User, UserQuerySet
from base.csv import csv_response
from base.doors import administrators_only
from console.developers.filters import DevelopersFilter
from console.kit.listing import count_up_to_limit, query_without
from console.kit.lists import Column, ListPage, Tab
from console.kit.requests import ConsoleRequest
from console.kit.whole_keys import address_without_keys, words_of
from invitations.models import Invitation


def _with_roles(users: UserQuerySet) -> UserQuerySet:
    return users.prefetch_related(Prefetch("roles", Role.objects.in_order()))


DEVELOPERS = ListPage(
    template="console/developers/index.html",
    filters=DevelopersFilter,
    rows=User.objects.all,
    prepare=_with_roles,
    columns=[
        Column(name="name", label=_("Developer"), order=["last_name", "first_name", "id"]),
        Column(name="state", label=_("State")),
        Column(name="roles", label=_("Roles")),
        Column(name="seen", label=_("Last seen"), order=["last_seen_at", "id"]),
        Column(
            name="registered",
            label=_("Registered"),
            order=["registered_at", "id"],
            extra_class="cell-late",
        ),
    ],
    more_orders={"email": ["email"]},
    default_order="-registered",
    also_counted={"pending_invitations": Invitation.objects.pending},
    tabs=[
        Tab(value="", label=_("All")),
        Tab(value=User.State.ACTIVE, label=_("Active")),
        Tab(value=User.State.BLOCKED, label=_("Blocked")),
    ],
)
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
    return DEVELOPERS.respond(request)


@administrators_only(methods=["GET"])
def export(request: ConsoleRequest) -> HttpResponseBase:
    """The developers that the filter finds, all pages, as CSV."""
    if cut := address_without_keys(request, "q"):
        return redirect(cut)
    filters = DevelopersFilter(request.GET)
    if not filters.is_valid():
        return redirect(f"{reverse('console:developer-list')}?{query_without(request)}")
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
