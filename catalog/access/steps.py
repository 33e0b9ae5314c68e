"""The steps of the rule for one developer and API, in words: does each pass, since when, who did it?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.models import Event
from catalog.access.rule import STEP_OF, STEPS, Facts, Place, Reason
from catalog.models import Api, Key, Product, Subscription

# Of the journal of one product so much is read to find who hid it.
MAX_CHANGES = 50


@dataclass(frozen=True)
class AccessStep:
    """A step of the rule, for one developer. ``passes`` is None where it is not asked.

    ``event`` is the entry of the journal that made it so, if there is one; ``since`` is known
    without it where a moment is kept in the row. ``product`` is the one to change at its place.
    """

    reason: Reason
    passes: bool | None
    detail: str
    event: Event | None = None
    moment: datetime | None = None
    product: Product | None = None
    # Where it is fixed, if not where the rule says.
    elsewhere: Place | None = None

    @property
    def title(self) -> Any:
        return STEP_OF[self.reason].title

    @property
    def place(self) -> Place:
        return self.elsewhere or STEP_OF[self.reason].place

    @property
    def since(self) -> datetime | None:
        return self.moment or (self.event.at if self.event else None)


@dataclass(frozen=True)
class Call:
    """What a call with the key would be. ``key`` is None where the subscription has none yet."""

    facts: Facts
    api: Api
    subscription: Subscription
    key: Key | None

    @property
    def owner(self) -> User:
        owner: User = self.subscription.owner
        return owner

    @property
    def product(self) -> Product:
        product: Product = self.subscription.product
        return product


def steps_of(call: Call) -> list[AccessStep]:
    """The steps of the rule from the account on: before it nothing is about the developer."""
    return [
        _DESCRIBED[step.reason](call, step.passes(call.facts))
        for step in STEPS
        if step.reason in _DESCRIBED
    ]


def steps_to_subscription(api: Api, user: User) -> list[AccessStep]:
    """What stands in the way of somebody who subscribed to nothing, up to the subscription.

    Not in the order of the rule: the API leads to the products that could be subscribed to.
    """
    containing = list(api.products.order_by("name_key"))
    seen = set(Product.objects.seen_by(user).filter(apis=api).values_list("pk", flat=True))
    visible = [product for product in containing if product.pk in seen]
    open_to_them = [product for product in visible if product.is_published]
    words = {"api": api.name, "name": user.full_name, "products": _names(containing)}
    first = next(iter(open_to_them or visible or containing), None)
    steps = [_account(user)]
    if first is None:
        detail = _("No product contains %(api)s.") % words
        missing = AccessStep(Reason.API_NOT_IN_PRODUCT, False, detail, elsewhere=Place.API)
        return [*steps, missing]
    detail = _("%(api)s is in: %(products)s.") % words
    steps.append(AccessStep(Reason.API_NOT_IN_PRODUCT, True, detail))
    if not visible:
        detail = _("%(name)s has no role that sees %(products)s.") % words
        return [*steps, AccessStep(Reason.PRODUCT_HIDDEN, False, detail, product=first)]
    detail = _("%(name)s sees %(products)s.") % (words | {"products": _names(visible)})
    steps.append(AccessStep(Reason.PRODUCT_HIDDEN, True, detail, product=first))
    is_published = bool(open_to_them)
    steps.append(_publication(first, is_published))
    detail = _("%(name)s has no subscription to a product that contains %(api)s.") % words
    steps.append(
        AccessStep(
            Reason.SUBSCRIPTION_NOT_ACTIVE,
            False if is_published else None,
            detail,
            product=first,
            elsewhere=Place.SUBSCRIBE,
        )
    )
    return steps


def step_of_open_api(api: Api) -> AccessStep:
    """All there is to a call without a key to an API that asks for none."""
    detail = _("%(api)s is open: calls pass without a key.") % {"api": api.name}
    return AccessStep(Reason.KEY_MISSING, True, detail, elsewhere=Place.API)


def _account(owner: User) -> AccessStep:
    if owner.is_active:
        detail = _("%(name)s is active.") % {"name": owner.full_name}
        return AccessStep(Reason.USER_BLOCKED, True, detail)
    detail = _("%(name)s is blocked.") % {"name": owner.full_name}
    if owner.block_reason:
        detail += " " + owner.block_reason
    event = _latest(owner, "user.blocked")
    return AccessStep(Reason.USER_BLOCKED, False, detail, event, owner.blocked_at)


def _visibility(call: Call, passes: bool | None) -> AccessStep:
    product, owner = call.product, call.owner
    seeing = list(Role.objects.in_order().filter(products=product))
    theirs = list(Role.objects.in_order().filter(members=owner))
    detail = _("%(product)s is visible to %(seen)s; %(name)s has %(theirs)s.") % {
        "product": product.name,
        "seen": _names(seeing) or _("nobody"),
        "name": owner.full_name,
        "theirs": _names(theirs) or _("no role"),
    }
    event = None if passes else _hidden_by(product, owner, seeing, theirs)
    return AccessStep(Reason.PRODUCT_HIDDEN, passes, detail, event, product=product)


def _hidden_by(
    product: Product, owner: User, seeing: list[Role], theirs: list[Role]
) -> Event | None:
    """The newest of: a role of theirs lost sight of it, they lost one that sees it, one is gone."""
    changes = Event.objects.filter(subject_id=product.public_id, action="product.roles_changed")[
        :MAX_CHANGES
    ]
    held, removed = {role.name for role in theirs}, {role.name for role in seeing}
    removed |= {name for event in changes for name in event.data.get("removed", [])}
    named = removed | {name for event in changes for name in event.data.get("added", [])}
    lost = [event for event in changes if held & set(event.data.get("removed", []))]
    taken = [
        event
        for event in Event.objects.filter(subject_id=owner.public_id, action="user.role_removed")[
            :MAX_CHANGES
        ]
        if event.data.get("role") in named
    ]
    deleted = Event.objects.filter(action="role.deleted", subject_label__in=named)[:1]
    found = [*lost[:1], *taken[:1], *deleted]
    return max(found, key=lambda event: event.pk, default=_latest(product, "product.created"))


def _publication(product: Product, passes: bool | None) -> AccessStep:
    words = _("%(product)s is published.") if passes else _("%(product)s is not published.")
    event = None if passes else _latest(product, "product.unpublished", "product.created")
    detail = words % {"product": product.name}
    return AccessStep(Reason.PRODUCT_UNPUBLISHED, passes, detail, event, product=product)


def _content(call: Call, passes: bool | None) -> AccessStep:
    api, product = call.api, call.product
    words = {"product": product.name, "api": api.name}
    event = None
    if passes is None:
        detail = _("%(api)s is open: it asks for no product.") % words
    elif passes:
        detail = _("%(product)s contains %(api)s.") % words
    else:
        detail = _("%(product)s does not contain %(api)s.") % words
        others = _names(api.products.order_by("name_key"))
        if others:
            detail += " " + _("It is in: %(products)s.") % {"products": others}
        event = _taken_out_by(api, product)
    return AccessStep(Reason.API_NOT_IN_PRODUCT, passes, detail, event, product=product)


def _taken_out_by(api: Api, product: Product) -> Event | None:
    """Else the later of both beginnings: it was never in."""
    changes = Event.objects.filter(subject_id=product.public_id, action="product.apis_changed")
    for event in changes[:MAX_CHANGES]:
        if api.name in event.data.get("removed", []):
            return event
    begun = [_latest(product, "product.created"), _latest(api, "api.created")]
    return max((event for event in begun if event), key=lambda event: event.pk, default=None)


def _subscription(call: Call, passes: bool | None) -> AccessStep:
    subscription = call.subscription
    words = {"name": subscription.name, "state": subscription.state_now.label}
    detail = _("%(name)s: %(state)s.") % words
    if subscription.comment:
        detail += " " + subscription.comment
    event, moment = (None, None) if passes else _ended_by(subscription)
    reason = Reason.SUBSCRIPTION_NOT_ACTIVE
    return AccessStep(reason, passes, detail, event, moment, call.product)


def _ended_by(subscription: Subscription) -> tuple[Event | None, datetime | None]:
    """An expired one ended at its end, whoever set that."""
    if subscription.state_now == Subscription.State.EXPIRED:
        set_by = ["subscription.end_changed", "subscription.activated", "subscription.added"]
        return _latest(subscription, *set_by), subscription.ends_at
    verbs = ["requested", "rejected", "suspended", "cancelled"]
    event = _latest(subscription, *[f"subscription.{verb}" for verb in verbs])
    return event, subscription.state_changed_at


def _key(call: Call, passes: bool | None) -> AccessStep:
    key = call.key
    if key is None:
        detail = _("%(name)s has no keys yet. The developer creates them in the portal.")
        return AccessStep(
            Reason.KEY_MISSING,
            # Before the subscription is active there is nothing to create.
            False if call.facts.subscription_active else None,
            detail % {"name": call.subscription.name},
            elsewhere=Place.SUBSCRIPTION,
        )
    if passes:
        return AccessStep(Reason.KEY_EXPIRED, True, _("%(key)s is valid.") % {"key": key.masked})
    detail = (
        _("%(key)s was replaced, and its overlap is over.")
        if key.is_replaced
        else _("%(key)s has expired.")
    ) % {"key": key.masked}
    event = _latest(key, "key.ended", "key.expiry_changed") or _regenerated(key)
    return AccessStep(Reason.KEY_EXPIRED, False, detail, event, key.expires_at)


def _regenerated(key: Key) -> Event | None:
    """The key that took the slot carries the event."""
    later = key.subscription.keys.filter(slot=key.slot, pk__gt=key.pk).order_by("pk").first()
    return _latest(later, "key.regenerated", "key.imported") if later else None


def _latest(subject: Any, *actions: str) -> Event | None:
    return Event.objects.filter(subject_id=subject.public_id, action__in=actions).first()


def _names(things: Iterable[Any]) -> str:
    return ", ".join(thing.name for thing in things)


# The reasons before USER_BLOCKED name no developer.
_DESCRIBED: dict[Reason, Callable[[Call, bool | None], AccessStep]] = {
    Reason.USER_BLOCKED: lambda call, _passes: _account(call.owner),
    Reason.PRODUCT_HIDDEN: _visibility,
    Reason.PRODUCT_UNPUBLISHED: lambda call, passes: _publication(call.product, passes),
    Reason.API_NOT_IN_PRODUCT: _content,
    Reason.SUBSCRIPTION_NOT_ACTIVE: _subscription,
    Reason.KEY_EXPIRED: _key,
}
