"""The console's sidebar: an entry for each folder of pages, the current one marked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Subscription
from invitations.models import Invitation


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """One entry. ``folders`` of the console hold the pages that belong to it."""

    url_name: str
    label: Promise
    icon: str
    folders: set[str]
    # The context variable and the count of what waits for an administrator here.
    waiting: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    label: Promise | None = None
    items: list[NavItem] = field(default_factory=list)


SIDEBAR = [
    Section(
        items=[
            NavItem(
                url_name="console:overview",
                label=_("Overview"),
                icon="chart-bar-square",
                folders={"overview"},
            )
        ]
    ),
    Section(
        label=_("People"),
        items=[
            NavItem(
                url_name="console:developer-list",
                label=_("Developers"),
                icon="users",
                folders={"developers"},
            ),
            NavItem(
                url_name="console:invitation-list",
                label=_("Invitations"),
                icon="envelope",
                folders={"invitations", "invite_links", "imports"},
                waiting="pending_invitations",
            ),
            NavItem(
                url_name="console:role-list",
                label=_("Roles"),
                icon="shield-check",
                folders={"roles"},
            ),
        ],
    ),
    Section(
        label=_("Catalogue"),
        items=[
            NavItem(
                url_name="console:product-list",
                label=_("Products"),
                icon="cube",
                folders={"products"},
            ),
            NavItem(
                url_name="console:api-list",
                label=_("APIs"),
                icon="code-bracket",
                folders={"apis"},
            ),
            NavItem(
                url_name="console:subscription-list",
                label=_("Subscriptions"),
                icon="ticket",
                folders={"subscriptions"},
                waiting="waiting_subscriptions",
            ),
            NavItem(
                url_name="console:package-list",
                label=_("Packages"),
                icon="gift",
                folders={"packages"},
            ),
            NavItem(
                url_name="console:access-explain",
                label=_("Access"),
                icon="magnifying-glass-circle",
                folders={"access"},
            ),
        ],
    ),
    Section(
        label=_("Service"),
        items=[
            NavItem(
                url_name="console:gateway-list",
                label=_("Gateways"),
                icon="server-stack",
                folders={"gateways"},
            ),
            NavItem(
                url_name="console:activity-list",
                label=_("Activity"),
                icon="clock",
                folders={"activity"},
            ),
            NavItem(
                url_name="console:email-list",
                label=_("Mail"),
                icon="inbox-stack",
                folders={"emails", "email_templates"},
            ),
            NavItem(
                url_name="console:settings-edit",
                label=_("Settings"),
                icon="cog-6-tooth",
                folders={"settings"},
            ),
        ],
    ),
]


COUNTS: dict[str, Callable[[], int]] = {
    "pending_invitations": lambda: Invitation.objects.pending().count(),
    "waiting_subscriptions": lambda: Subscription.objects.submitted().count(),
}


def folder_of(request: HttpRequest) -> str:
    """The folder whose view answers; empty outside the console."""
    match = request.resolver_match
    if match is None or match.namespace != "console":
        return ""
    return match.func.__module__.split(".")[1]
