"""What the letter says to a person who was added with a package; see ``mail.letters``."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.letters import LINK_VARIABLES, SAMPLE, VARIABLES, build_welcome
from accounts.letters import facts_of as facts_of_user
from base.links import absolute_url
from catalog.models import Subscription
from mail.letters import Letter, register
from mail.models import Message


def build_welcome_with_package(message: Message) -> dict[str, Any] | None:
    """The welcome, and what the person can make keys for."""
    context = build_welcome(message)
    if context is None:
        return None
    return context | _facts(owner__public_id=message.reference)


def _facts(**owner: Any) -> dict[str, Any]:
    active = Subscription.objects.active().filter(**owner)
    return {
        "products": ", ".join(active.order_by("pk").values_list("product__name", flat=True)),
        "subscriptions_url": absolute_url("portal:subscription-list"),
    }


def facts_of(address: str) -> dict[str, Any] | None:
    """Of the user with this address, without a link."""
    context = facts_of_user(address)
    return None if context is None else context | _facts(owner__email=address)


def register_all() -> None:
    """Make the letters of this room known."""
    register(
        Letter(
            kind="welcome_with_package",
            title=_("Welcome, with a package"),
            build=build_welcome_with_package,
            sample=SAMPLE
            | {
                "products": "Starter, Partner logistics",
                "subscriptions_url": "https://apis.example/subscriptions/",
            },
            variables=VARIABLES
            | LINK_VARIABLES
            | {
                "products": _("The products that they have subscriptions to, or nothing"),
                "subscriptions_url": _("The address of the list of their subscriptions"),
            },
            link_is_optional=True,
            facts_of=facts_of,
        )
    )
