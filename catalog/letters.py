"""What the letters about subscriptions and keys say; see ``mail.letters``."""

from datetime import datetime, timedelta
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
    "changed_by": "Nadia Holm",
    "works_until": timedelta(days=7),
    "earlier_key": "apim_live_8Kq2mZ0x…",
    "ended_before": timedelta(days=90),
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
CHANGED_KEY: dict[str, Any] = {
    "key": KEY_VARIABLES["key"],
    "is_primary": KEY_VARIABLES["is_primary"],
    "changed_by": _("The administrator who did it"),
}
DELETED_BY: dict[str, Any] = {"changed_by": _("The administrator who did it, or nobody")}
REPLACED_KEY: dict[str, Any] = {
    "works_until": _("The day and time until which the old key works, or nothing"),
    "earlier_key": _("The beginning of a key replaced before that ended too, or nothing"),
}
SHORTENED_KEY: dict[str, Any] = {
    "key_ends_at": KEY_VARIABLES["key_ends_at"],
    "ended_before": _("The day and time until which it was to work, or nothing"),
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
    page = absolute_url("console:subscription-detail", public_id=subscription.public_id)
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


def build_deleted(message: Message) -> dict[str, Any] | None:
    """To its owner, from what was noted: there is nothing left to look at."""
    owner = User.objects.active().filter(public_id=message.reference, email=message.to).first()
    if owner is None:
        return None
    return {
        "service": current_service(),
        "first_name": owner.first_name,
        "email": owner.email,
        "time_zone": owner.zone,
        "owner_name": owner.full_name,
        "owner_email": owner.email,
        "subscription_name": message.data["subscription_name"],
        "product_name": message.data["product_name"],
        "changed_by": message.data["changed_by"],
        "page_url": absolute_url("portal:subscription-list"),
    }


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


def _changed_key(message: Message) -> tuple[Key, dict[str, Any]] | None:
    """The key that an administrator changed, and what the letters about it have in common.

    Whatever became of the subscription since: it happened, and its owner should know.
    """
    context = _to_owner(*State)(message)
    key = Key.objects.filter(public_id=message.data.get("key")).first()
    if context is None or key is None:
        return None
    return key, context | {
        "key": key.masked,
        "is_primary": key.slot == Key.Slot.PRIMARY,
        "changed_by": message.data["changed_by"],
    }


def build_key_replaced(message: Message) -> dict[str, Any] | None:
    found = _changed_key(message)
    if found is None:
        return None
    works_until = datetime.fromisoformat(message.data["works_until"])
    return found[1] | {
        # With no overlap it ended as it was replaced.
        "works_until": works_until if works_until > message.created_at else None,
        "earlier_key": message.data["earlier"],
    }


def build_key_revoked(message: Message) -> dict[str, Any] | None:
    found = _changed_key(message)
    return found[1] if found else None


def build_key_expiry_changed(message: Message) -> dict[str, Any] | None:
    """Unwanted once it ends at another moment: a later letter tells of that, or it is good news."""
    found = _changed_key(message)
    if found is None:
        return None
    key, context = found
    ends_at, before = message.data["ends_at"], message.data["before"]
    if key.expires_at != datetime.fromisoformat(ends_at):
        return None
    ended_before = datetime.fromisoformat(before) if before else None
    return context | {"key_ends_at": key.expires_at, "ended_before": ended_before}


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
    ("subscription_deleted", _("Subscription deleted"), build_deleted, DELETED_BY),
    ("key_expires", _("Key expires soon"), build_key_expires, KEY_VARIABLES),
    ("key_replaced", _("Key replaced"), build_key_replaced, CHANGED_KEY | REPLACED_KEY),
    ("key_revoked", _("Key revoked"), build_key_revoked, CHANGED_KEY),
    (
        "key_expiry_changed",
        _("Key expires sooner"),
        build_key_expiry_changed,
        CHANGED_KEY | SHORTENED_KEY,
    ),
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
                is_for_others=kind == "subscription_requested",
                facts_of=facts_of,
            )
        )
