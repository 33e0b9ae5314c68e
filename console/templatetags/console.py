"""The console's rail."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base.edit_form import TextConflict
from catalog.models import Subscription
from console.kit.differences import Piece, difference
from imports.models import Import
from invitations.models import Invitation
from mail import status
from mail.status import MailStatus

register = template.Library()

# Characters of two texts together.
MAX_COMPARED = 40_000

INBOX_BACKEND = "django_mail_preview.backends.EmailBackend"


@dataclass(frozen=True, kw_only=True)
class Room:
    """One entry of the rail. ``nouns`` begin the URL names of the pages that belong to it."""

    address: str
    label: Promise
    icon: str
    nouns: set[str]
    # The context variable and the count of what waits for an administrator here.
    waiting: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    label: Promise | None = None
    rooms: list[Room] = field(default_factory=list)


RAIL = [
    Section(
        rooms=[
            Room(
                address="console:overview",
                label=_("Overview"),
                icon="chart-bar-square",
                nouns={"overview"},
            )
        ]
    ),
    Section(
        label=_("People"),
        rooms=[
            Room(
                address="console:developers",
                label=_("Developers"),
                icon="users",
                nouns={"developer", "developers"},
            ),
            Room(
                address="console:invitations",
                label=_("Invitations"),
                icon="envelope",
                nouns={"invitation", "invitations", "link", "import"},
                waiting="pending_invitations",
            ),
            Room(
                address="console:roles",
                label=_("Roles"),
                icon="shield-check",
                nouns={"role", "roles"},
            ),
        ],
    ),
    Section(
        label=_("Catalogue"),
        rooms=[
            Room(
                address="console:product-list",
                label=_("Products"),
                icon="cube",
                nouns={"product"},
            ),
            Room(
                address="console:api-list",
                label=_("APIs"),
                icon="code-bracket",
                nouns={"api"},
            ),
            Room(
                address="console:subscription-list",
                label=_("Subscriptions"),
                icon="ticket",
                nouns={"subscription", "key"},
                waiting="waiting_subscriptions",
            ),
            Room(
                address="console:package-list",
                label=_("Packages"),
                icon="gift",
                nouns={"package"},
            ),
            Room(
                address="console:access-explain",
                label=_("Access"),
                icon="magnifying-glass-circle",
                nouns={"access"},
            ),
        ],
    ),
    Section(
        label=_("Service"),
        rooms=[
            Room(
                address="console:gateway-list",
                label=_("Gateways"),
                icon="server-stack",
                nouns={"gateway"},
            ),
            Room(
                address="console:activity",
                label=_("Activity"),
                icon="clock",
                nouns={"activity"},
            ),
            Room(
                address="console:mail",
                label=_("Mail"),
                icon="inbox-stack",
                nouns={"mail", "letter"},
            ),
            Room(
                address="console:settings",
                label=_("Settings"),
                icon="cog-6-tooth",
                nouns={"settings"},
            ),
        ],
    ),
]


COUNTS: dict[str, Callable[[], int]] = {
    "pending_invitations": lambda: Invitation.objects.pending().count(),
    "waiting_subscriptions": lambda: Subscription.objects.submitted().count(),
}


@register.inclusion_tag("console/kit/sidebar.html", takes_context=True)
def rail(context: Context) -> dict[str, object]:
    """The rooms of the console, the current one marked.

    One query for each of ``COUNTS``, unless the page has counted it under that name itself.
    """
    request = context["request"]
    match = request.resolver_match
    here = match.url_name.split("-")[0] if match and match.namespace == "console" else ""
    if here == "import" and _adds_people(context):
        here = "developers"
    counts = {
        name: count() if context.get(name) is None else context[name]
        for name, count in COUNTS.items()
    }
    sections = [
        {
            "label": section.label,
            "rooms": [
                {
                    "label": room.label,
                    "icon": room.icon,
                    "url": reverse(room.address),
                    "is_current": here in room.nouns,
                    "count": counts.get(room.waiting, 0),
                }
                for room in section.rooms
            ],
        }
        for section in RAIL
    ]
    return {"sections": sections, "service": context["service"], "request": request}


@register.filter
def pieces_of(conflict: TextConflict) -> list[Piece]:
    """What differs, from theirs to yours; nothing where comparing would take long."""
    if len(conflict.theirs) + len(conflict.yours) > MAX_COMPARED:
        return []
    return difference(conflict.theirs, conflict.yours)


def _adds_people(context: Context) -> bool:
    """Whether this page's import adds people, instead of inviting them."""
    import_ = context.get("import") or getattr(context.get("row"), "part_of", None)
    kind = import_.kind if import_ else context["request"].GET.get("kind")
    return bool(kind == Import.Kind.ADD)


@register.simple_tag(takes_context=True)
def mail_status(context: Context) -> MailStatus:
    """Whether letters leave; asked once a page, with one query."""
    request = context["request"]
    if not hasattr(request, "mail_status"):
        request.mail_status = status.mail_status()
    found: MailStatus = request.mail_status
    return found


@register.simple_tag
def mail_condition() -> str:
    """``off``, ``kept`` or ``working``: what the environment says, without a query."""
    return status.condition_by_setting()


@register.simple_tag
def inbox_url() -> str:
    """Where undelivered letters lie, while they go to the local inbox; empty otherwise."""
    backend = settings.MAILERS["default"]["BACKEND"]
    if settings.DEBUG and backend == INBOX_BACKEND:
        return reverse("mail_preview:index")
    return ""
