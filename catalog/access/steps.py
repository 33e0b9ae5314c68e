"""The links between a person and an API in words: does each hold, since when, and who made it so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.models import Event
from catalog.access.rule import Facts, Reason
from catalog.models import Api, Key, Product, Subscription

# Of the journal of one product so much is read to find who hid it.
CHANGES_READ = 50


class Place(StrEnum):
    """Where a link is changed; each face knows the address."""

    PERSON = "person"
    API = "api"
    VISIBILITY = "visibility"
    PRODUCT = "product"
    APIS = "apis"
    SUBSCRIPTION = "subscription"
    SUBSCRIBE = "subscribe"


@dataclass(frozen=True)
class Link:
    """One link of the chain. ``holds`` is None where an earlier link makes it idle to ask.

    ``event`` is the entry of the journal that made it so, if there is one; ``since`` is known
    without it where a moment is kept in the row. ``product`` is the one to change at its places.
    """

    reason: Reason
    name: str
    holds: bool | None
    detail: str
    place: Place
    event: Event | None = None
    moment: datetime | None = None
    product: Product | None = None

    @property
    def since(self) -> datetime | None:
        return self.moment or (self.event.at if self.event else None)


def chain_of(facts: Facts, api: Api, subscription: Subscription, key: Key | None) -> list[Link]:
    """The six links of a subscription and one of its keys; None where it has none yet."""
    return [
        account_link(subscription.owner),
        _visibility(facts, subscription),
        _publication(facts, subscription.product),
        _content(facts, api, subscription.product),
        _subscription(facts, subscription),
        _key(key) if key is not None else _no_key(facts),
    ]


def chain_without_subscription(api: Api, user: User) -> list[Link]:
    """What stands in the way of somebody who subscribed to nothing, up to the subscription."""
    containing = list(api.products.order_by("name_key"))
    seen = set(Product.objects.seen_by(user).filter(apis=api).values_list("pk", flat=True))
    visible = [product for product in containing if product.pk in seen]
    open_to_them = [product for product in visible if product.is_published]
    words = {"api": api.name, "name": user.full_name, "products": _names(containing)}
    first = next(iter(open_to_them or visible or containing), None)
    links = [account_link(user)]
    name = _("API in a product")
    if first is None:
        detail = _("No product contains %(api)s.") % words
        return [*links, Link(Reason.API_NOT_IN_PRODUCT, name, False, detail, Place.API)]
    detail = _("%(api)s is in: %(products)s.") % words
    links.append(Link(Reason.API_NOT_IN_PRODUCT, name, True, detail, Place.API))
    name = _("A role sees the product")
    if not visible:
        detail = _("No role of theirs sees %(products)s.") % words
        hidden = Link(Reason.PRODUCT_HIDDEN, name, False, detail, Place.VISIBILITY, product=first)
        return [*links, hidden]
    detail = _("They see %(products)s.") % {"products": _names(visible)}
    links.append(Link(Reason.PRODUCT_HIDDEN, name, True, detail, Place.VISIBILITY, product=first))
    published = bool(open_to_them)
    links.append(_published(first, holds=published))
    detail = _("%(name)s has no subscription to a product that contains %(api)s.") % words
    links.append(
        Link(
            Reason.SUBSCRIPTION_NOT_ACTIVE,
            _("Subscription active"),
            False if published else None,
            detail,
            Place.SUBSCRIBE,
            product=first,
        )
    )
    return links


def open_link(api: Api) -> Link:
    """The whole chain of a call without a key to an API that asks for none."""
    detail = _("%(api)s is open: calls pass without a key.") % {"api": api.name}
    return Link(Reason.KEY_MISSING, _("No key needed"), True, detail, Place.API)


def account_link(owner: User) -> Link:
    name = _("Account active")
    if owner.is_active:
        detail = _("%(name)s is active.") % {"name": owner.full_name}
        return Link(Reason.USER_BLOCKED, name, True, detail, Place.PERSON)
    detail = _("%(name)s is blocked.") % {"name": owner.full_name}
    if owner.block_reason:
        detail += " " + owner.block_reason
    event = _latest(owner, "user.blocked")
    moment = owner.blocked_at
    return Link(Reason.USER_BLOCKED, name, False, detail, Place.PERSON, event, moment)


def _visibility(facts: Facts, subscription: Subscription) -> Link:
    product, owner = subscription.product, subscription.owner
    seeing = list(Role.objects.in_order().filter(products=product))
    theirs = list(Role.objects.in_order().filter(members=owner))
    detail = _("%(product)s is visible to %(seen)s; they have %(theirs)s.") % {
        "product": product.name,
        "seen": _names(seeing) or _("nobody"),
        "theirs": _names(theirs) or _("no role"),
    }
    return Link(
        Reason.PRODUCT_HIDDEN,
        _("A role sees the product"),
        facts.product_visible,
        detail,
        Place.VISIBILITY,
        None if facts.product_visible else _hidden_by(product, owner, seeing, theirs),
        product=product,
    )


def _hidden_by(
    product: Product, owner: User, seeing: list[Role], theirs: list[Role]
) -> Event | None:
    """The newest of: a role of theirs lost sight of it, they lost one that sees it, one is gone."""
    changes = Event.objects.filter(subject_id=product.public_id, action="product.roles_changed")[
        :CHANGES_READ
    ]
    held, removed = {role.name for role in theirs}, {role.name for role in seeing}
    removed |= {name for event in changes for name in event.data.get("removed", [])}
    named = removed | {name for event in changes for name in event.data.get("added", [])}
    lost = [event for event in changes if held & set(event.data.get("removed", []))]
    taken = [
        event
        for event in Event.objects.filter(subject_id=owner.public_id, action="user.role_removed")[
            :CHANGES_READ
        ]
        if event.data.get("role") in named
    ]
    deleted = Event.objects.filter(action="role.deleted", subject_label__in=named)[:1]
    found = [*lost[:1], *taken[:1], *deleted]
    return max(found, key=lambda event: event.pk, default=_latest(product, "product.created"))


def _publication(facts: Facts, product: Product) -> Link:
    return _published(product, holds=facts.product_published)


def _published(product: Product, *, holds: bool) -> Link:
    detail = (_("%(product)s is published.") if holds else _("%(product)s is not published.")) % {
        "product": product.name
    }
    event = None if holds else _latest(product, "product.unpublished", "product.created")
    return Link(
        Reason.PRODUCT_UNPUBLISHED,
        _("Product published"),
        holds,
        detail,
        Place.PRODUCT,
        event,
        product=product,
    )


def _content(facts: Facts, api: Api, product: Product) -> Link:
    words = {"product": product.name, "api": api.name}
    holds: bool | None = facts.api_in_product
    event = None
    if not facts.subscription_required:
        detail, holds = _("%(api)s is open: it asks for no product.") % words, None
    elif holds:
        detail = _("%(product)s contains %(api)s.") % words
    else:
        detail = _("%(product)s does not contain %(api)s.") % words
        others = _names(api.products.order_by("name_key"))
        if others:
            detail += " " + _("It is in: %(products)s.") % {"products": others}
        event = _taken_out_by(api, product)
    name = _("API in the product")
    return Link(Reason.API_NOT_IN_PRODUCT, name, holds, detail, Place.APIS, event, product=product)


def _taken_out_by(api: Api, product: Product) -> Event | None:
    """Else the later of both beginnings: it was never in."""
    changes = Event.objects.filter(subject_id=product.public_id, action="product.apis_changed")
    for event in changes[:CHANGES_READ]:
        if api.name in event.data.get("removed", []):
            return event
    begun = [_latest(product, "product.created"), _latest(api, "api.created")]
    return max((event for event in begun if event), key=lambda event: event.pk, default=None)


def _subscription(facts: Facts, subscription: Subscription) -> Link:
    holds = facts.subscription_active
    words = {"name": subscription.name, "state": subscription.state_now.label}
    detail = _("%(name)s: %(state)s.") % words
    if subscription.comment:
        detail += " " + subscription.comment
    event, moment = None, None
    if not holds:
        event, moment = _ended_by(subscription)
    return Link(
        Reason.SUBSCRIPTION_NOT_ACTIVE,
        _("Subscription active"),
        holds,
        detail,
        Place.SUBSCRIPTION,
        event,
        moment,
        subscription.product,
    )


def _ended_by(subscription: Subscription) -> tuple[Event | None, datetime | None]:
    """An expired one ended at its end, whoever set that."""
    if subscription.state_now == Subscription.State.EXPIRED:
        set_by = ["subscription.end_changed", "subscription.activated", "subscription.added"]
        return _latest(subscription, *set_by), subscription.ends_at
    verbs = ["requested", "rejected", "suspended", "cancelled"]
    event = _latest(subscription, *[f"subscription.{verb}" for verb in verbs])
    return event, subscription.state_changed_at


def _key(key: Key) -> Link:
    name = _("Key valid and not expired")
    if key.is_live:
        detail = _("%(key)s is valid.") % {"key": key.masked}
        return Link(Reason.KEY_EXPIRED, name, True, detail, Place.SUBSCRIPTION)
    detail = (
        _("%(key)s was replaced, and its overlap is over.")
        if key.is_replaced
        else _("%(key)s has expired.")
    ) % {"key": key.masked}
    event = _latest(key, "key.ended", "key.expiry_changed") or _regenerated(key)
    return Link(Reason.KEY_EXPIRED, name, False, detail, Place.SUBSCRIPTION, event, key.expires_at)


def _no_key(facts: Facts) -> Link:
    name = _("Key valid and not expired")
    detail = _("No key was made yet. The developer makes them in the portal.")
    # Before the subscription is active there is nothing to make.
    holds = False if facts.subscription_active else None
    return Link(Reason.KEY_MISSING, name, holds, detail, Place.SUBSCRIPTION)


def _regenerated(key: Key) -> Event | None:
    """The key that took the slot carries the event."""
    later = key.subscription.keys.filter(slot=key.slot, pk__gt=key.pk).order_by("pk").first()
    return _latest(later, "key.regenerated", "key.imported") if later else None


def _latest(subject: Any, *actions: str) -> Event | None:
    return Event.objects.filter(subject_id=subject.public_id, action__in=actions).first()


def _names(things: Iterable[Any]) -> str:
    return ", ".join(thing.name for thing in things)
