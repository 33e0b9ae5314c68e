"""Where the things that events and letters tell of can be seen, as far as they still exist."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import Role, User
from audit.models import Event
from catalog.models import Api, Product, Subscription
from gateway.models import Gateway
from imports.models import Import
from invitations.models import Invitation, InviteLink
from mail.letters import all_letters
from mail.models import Wording
from packages.models import Package

PAGES: dict[str, tuple[Any, str]] = {
    "user": (User, "console:developer-detail"),
    "role": (Role, "console:role-detail"),
    "invitation": (Invitation, "console:invitation-detail"),
    "import": (Import, "console:import-detail"),
    "invite_link": (InviteLink, "console:invite-link-detail"),
    "api": (Api, "console:api-detail"),
    "product": (Product, "console:product-detail"),
    "subscription": (Subscription, "console:subscription-detail"),
    "package": (Package, "console:package-detail"),
    "gateway": (Gateway, "console:gateway-detail"),
    "letter": (Wording, "console:email-template-version"),
}


def addresses_of(events: Iterable[Event]) -> dict[UUID, str]:
    """The page of each event's subject and actor, by public id; one query for each kind of thing."""
    wanted: dict[str, set[UUID]] = {kind: set() for kind in PAGES}
    for event in events:
        if event.actor_id:
            wanted["user"].add(event.actor_id)
        if event.subject_id and event.subject_kind in wanted:
            wanted[event.subject_kind].add(event.subject_id)
    found: dict[UUID, str] = {}
    for kind, ids in wanted.items():
        found |= pages_of(kind, ids)
    return found


def pages_of(kind: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The page of each thing of one kind that still exists."""
    model, name = PAGES[kind]
    existing = model.objects.filter(public_id__in=list(ids))
    if model is Wording:
        # Words of a letter that only another release knows have no page here.
        existing = existing.filter(kind__in=[letter.kind for letter in all_letters()])
    return {
        public_id: reverse(name, args=[public_id])
        for public_id in existing.values_list("public_id", flat=True)
    }


# What letters are about.
_WRITTEN_ABOUT = ("user", "invitation", "subscription")


def pages_of_references(references: Iterable[UUID]) -> dict[UUID, str]:
    """The page of what each letter is about, as far as it exists; one query for each kind."""
    wanted = list(references)
    found: dict[UUID, str] = {}
    if wanted:
        for kind in _WRITTEN_ABOUT:
            found |= pages_of(kind, wanted)
    return found
