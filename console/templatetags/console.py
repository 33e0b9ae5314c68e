"""The console's rail."""

from dataclasses import dataclass, field

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invitations.models import Invitation

register = template.Library()

INBOX_BACKEND = "django_mail_preview.backends.EmailBackend"


@dataclass(frozen=True, kw_only=True)
class Room:
    """One entry of the rail. ``nouns`` begin the URL names of the pages that belong to it."""

    address: str
    label: Promise
    icon: str
    nouns: set[str]
    counts_invitations: bool = False


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
                nouns={"invitation", "invitations"},
                counts_invitations=True,
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
        label=_("Service"),
        rooms=[
            Room(
                address="console:activity",
                label=_("Activity"),
                icon="clock",
                nouns={"activity"},
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


@register.inclusion_tag("console/rail.html", takes_context=True)
def rail(context: Context) -> dict[str, object]:
    """The rooms of the console, the current one marked.

    One query, the pending invitations, unless the page has counted ``pending_invitations`` itself.
    """
    request = context["request"]
    match = request.resolver_match
    here = match.url_name.split("-")[0] if match and match.namespace == "console" else ""
    pending = context.get("pending_invitations")
    if pending is None:
        pending = Invitation.objects.pending().count()
    sections = [
        {
            "label": section.label,
            "rooms": [
                {
                    "label": room.label,
                    "icon": room.icon,
                    "url": reverse(room.address),
                    "is_current": here in room.nouns,
                    "count": pending if room.counts_invitations else 0,
                }
                for room in section.rooms
            ],
        }
        for section in RAIL
    ]
    return {"sections": sections, "service": context["service"], "request": request}


@register.simple_tag
def inbox_url() -> str:
    """Where undelivered letters lie, while they go to the local inbox; empty otherwise."""
    backend = settings.MAILERS["default"]["BACKEND"]
    if settings.DEBUG and backend == INBOX_BACKEND:
        return reverse("mail_preview:index")
    return ""
