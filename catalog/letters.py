"""What the letters about subscriptions and keys say; see ``mail.letters``."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.letters import facts_of as facts_of_user
from accounts.models import User
from base.links import absolute_url
from base.names import without_links
from catalog.models import Key, Subscription
from mail.letters import Builder, Letter, register
from mail.models import Message
from service.models import current_service

State = Subscription.State

SAMPLE: dict[str, Any] = {
    "first_name": "Sofia",
    "email": "sofia.brandt@kelpworks.example",
    "owner_name": "Sofia Brandt",
    "owner_email": "sofia.brandt@kelpworks.example",
    "subscription_name": "Route planner",
    "product_name": "Unlimited",
    "comment": "Describe what the application does.",
    "page_url": "https://apis.example/subscriptions/",
    "key": "apim_live_3fa9bC1d…",
    "is_primary": True,
    "key_ends_at": timedelta(days=7),
    "days": 7,
}
VARIABLES: dict[str, Any] = {
    "first_name": _("The first name of the reader"),
    "email": _("The address of the reader"),
    "owner_name": _("Whose subscription it is"),
    "owner_email": _("The address of its owner"),
    "subscription_name": _("The name of the subscription"),
    "product_name": _("The product that it is to"),
    "page_url": _("The address of the page about it"),
}
COMMENT: dict[str, Any] = {"comment": _("What the administrator wrote about it, or nothing")}
KEY_VARIABLES: dict[str, Any] = {
    "key": _("The beginning of the key"),
    "is_primary": _("Only for conditions: whether it is the primary key, not the secondary"),
    "key_ends_at": _("The day and time at which it stops working"),
    "days": _("How many days before its end this letter is sent"),
}


def _subscription(message: Message) -> Subscription | None:
    found = Subscription.objects.select_related("owner", "product")
    return found.filter(public_id=message.reference).first()


def _context(subscription: Subscription, reader: User, page_url: str) -> dict[str, Any]:
    return {
        "service": current_service(),
        "first_name": reader.first_name,
        "email": reader.email,
        "time_zone": reader.zone,
        "owner_name": subscription.owner.full_name,
        "owner_email": subscription.owner.email,
        "subscription_name": subscription.name,
        "product_name": subscription.product.name,
        "comment": subscription.comment,
        "page_url": page_url,
    }


def build_request(message: Message) -> dict[str, Any] | None:
    """To an administrator; unwanted once decided, or once the reader is no administrator any more."""
    subscription = _subscription(message)
    reader = User.objects.administrators().filter(email=message.to).first()
    if subscription is None or reader is None or subscription.state != State.SUBMITTED:
        return None
    page = absolute_url("console:subscription-show", public_id=subscription.public_id)
    # Named by somebody else than the reader.
    return _context(subscription, reader, page) | {
        "subscription_name": without_links(subscription.name)
    }


def _to_owner(*states: State) -> Builder:
    """To its owner; unwanted when the state is another one by now, or the owner is blocked or has
    another address."""

    def build(message: Message) -> dict[str, Any] | None:
        subscription = _subscription(message)
        if subscription is None or subscription.state_now not in states:
            return None
        if not subscription.owner.is_active or subscription.owner.email != message.to:
            return None
        return _context(subscription, subscription.owner, absolute_url("portal:subscription-list"))

    return build


def build_key_expires(message: Message) -> dict[str, Any] | None:
    """Unwanted once the key is replaced, ended, or lives longer."""
    context = _to_owner(State.ACTIVE)(message)
    key = Key.objects.current().live().filter(public_id=message.data.get("key")).first()
    if context is None or key is None or key.expires_at is None:
        return None
    return context | {
        "key": key.masked,
        "is_primary": key.slot == Key.Slot.PRIMARY,
        "key_ends_at": key.expires_at,
        "days": key.warned_days,
    }


def facts_of(address: str) -> dict[str, Any] | None:
    """Of the newest subscription of the user with this address."""
    found = Subscription.objects.select_related("owner", "product").filter(owner__email=address)
    subscription = found.order_by("-pk").first()
    if subscription is None:
        return facts_of_user(address)
    return _context(subscription, subscription.owner, absolute_url("portal:subscription-list"))


LETTERS: list[tuple[str, Any, Builder, dict[str, Any]]] = [
    ("subscription_requested", _("Subscription request"), build_request, {}),
    ("subscription_added", _("Subscription added"), _to_owner(State.ACTIVE), {}),
    ("subscription_approved", _("Subscription approved"), _to_owner(State.ACTIVE), {}),
    ("subscription_rejected", _("Subscription rejected"), _to_owner(State.REJECTED), COMMENT),
    ("subscription_suspended", _("Subscription suspended"), _to_owner(State.SUSPENDED), COMMENT),
    ("subscription_activated", _("Subscription active again"), _to_owner(State.ACTIVE), {}),
    ("subscription_cancelled", _("Subscription cancelled"), _to_owner(State.CANCELLED), {}),
    ("key_expires", _("Key expires soon"), build_key_expires, KEY_VARIABLES),
]


def register_all() -> None:
    """Make the letters of this room known."""
    for kind, title, build, besides in LETTERS:
        register(
            Letter(
                kind=kind,
                title=title,
                build=build,
                sample=SAMPLE,
                variables=VARIABLES | besides,
                facts_of=facts_of,
            )
        )
