"""What the pages of invite links show, and what an operation on one would hit."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from accounts.models import Role
from audit.models import Event
from base.addresses import readable_domain
from console.activity.events import lines_of
from console.invite_links.forms import LinksFilter
from console.kit.listing import Count as Counted
from console.kit.listing import counts_up_to_limit, query_without
from console.kit.requests import ConsoleRequest
from invitations.link_access import key_counts, products_given, roles_given
from invitations.link_models import InviteLinkQuerySet
from invitations.models import Invitation, InviteLink

PEOPLE_SHOWN = 10
EVENTS_SHOWN = 20
Effects = list[tuple[str, str]]


@dataclass(frozen=True)
class Tab:
    words: str
    url: str
    count: Counted
    is_current: bool


def tabs_of(request: ConsoleRequest, filters: LinksFilter) -> list[Tab]:
    """All, then one for each state; one statement."""
    every = filters.apply(InviteLink.objects.all(), state=False)
    states = {str(state): every.in_state(state) for state in InviteLink.State}
    counts = counts_up_to_limit(every=every, **states)
    chosen = filters.cleaned_data.get("state") or ""
    tabs = [Tab(_("All"), _url(request, ""), counts["every"], chosen == "")]
    return tabs + [
        Tab(str(state.label), _url(request, state), counts[state], chosen == state)
        for state in InviteLink.State
    ]


def _url(request: ConsoleRequest, state: str) -> str:
    changes = {"state": str(state)} if state else {}
    return f"?{query_without(request, 'cursor', 'state', **changes)}"


def rows_of(links: InviteLinkQuerySet) -> InviteLinkQuerySet:
    """With how many were asked for and wait, the roles and the package of each."""
    waiting = Invitation.objects.pending().filter(invite_link=OuterRef("pk"))
    counted = waiting.order_by().values("invite_link").annotate(found=Count("pk")).values("found")
    rows = links.annotate(waiting=Coalesce(Subquery(counted), 0)).select_related("package")
    return rows.prefetch_related(Prefetch("roles", Role.objects.in_order()))


def facts_of(link: InviteLink) -> dict[str, Any]:
    """The panels of a link's page."""
    people = Invitation.objects.filter(invite_link=link).select_related("user")
    joined = people.accepted()
    waiting = people.pending()
    return {
        "link": link,
        "is_dead": not key_counts(link),
        "roles": roles_given(link),
        "products": products_given(link),
        "domains": [readable_domain(domain) for domain in link.mail_domains],
        "joined": joined.order_by("-accepted_at", "-pk")[:PEOPLE_SHOWN],
        "waiting": waiting.order_by("-sent_at", "-pk")[:PEOPLE_SHOWN],
        "counts": counts_up_to_limit(all=people, joined=joined, waiting=waiting),
        "lines": lines_of(Event.objects.filter(subject_id=link.public_id)[:EVENTS_SHOWN]),
    }


def effects_of_turning_off(link: InviteLink) -> Effects:
    return [
        ("link-slash", _("Whoever opens it reads that it is switched off.")),
        *_unanswered(
            link,
            ngettext_lazy(
                "%(count)d invitation sent through it cannot be accepted meanwhile.",
                "%(count)d invitations sent through it cannot be accepted meanwhile.",
                "count",
            ),
        ),
        ("users", _("People who joined through it keep their accounts.")),
        ("arrow-uturn-left", _("Turn it on at any time to undo this.")),
    ]


def effects_of_renewing(link: InviteLink) -> Effects:
    return [
        ("link-slash", _("Whoever has the old address reads that there is a newer one.")),
        *_unanswered(
            link,
            ngettext_lazy(
                "%(count)d invitation sent through it keeps working.",
                "%(count)d invitations sent through it keep working.",
                "count",
            ),
        ),
        ("clipboard-document", _("Copy the new address and hand it out again.")),
    ]


def effects_of_deleting(link: InviteLink) -> Effects:
    people = ngettext(
        "%(count)d person who joined through it keeps their account.",
        "%(count)d people who joined through it keep their accounts.",
        link.used,
    )
    return [
        ("link-slash", _("Whoever opens it reads that the link is not valid.")),
        *_unanswered(
            link,
            ngettext_lazy(
                "%(count)d invitation sent through it is revoked.",
                "%(count)d invitations sent through it are revoked.",
                "count",
            ),
        ),
        ("users", people % {"count": link.used}),
        ("clock", _("The activity keeps what was done with it.")),
    ]


def _unanswered(link: InviteLink, text: Any) -> Effects:
    """The line about invitations that nobody answered yet, if there are any."""
    number = Invitation.objects.unanswered().filter(invite_link=link).count()
    return [("envelope", text % {"count": number})] if number else []
