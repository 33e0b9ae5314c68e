"""Why a call passes or not, step by step, for people: the other reader of ``catalog.access.rule``."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from accounts.models import User
from catalog.access.rule import Facts, Reason, decide
from catalog.access.steps import (
    AccessStep,
    Call,
    step_of_open_api,
    steps_of,
    steps_to_subscription,
)
from catalog.models import Api, Key, Product, Subscription

# So many keys, live ones and newest first, and subscriptions without one: nobody reads further.
MAX_READ = 50


@dataclass(frozen=True)
class Explanation:
    """The steps for one developer and API. ``reason`` is None when the call passes.

    ``key`` is None where no key was made yet, ``subscription`` too where there is none.
    """

    reason: Reason | None
    user: User
    api: Api
    subscription: Subscription | None = None
    key: Key | None = None
    facts: Facts | None = None
    # Of one without a subscription.
    given: tuple[AccessStep, ...] = ()

    @cached_property
    def steps(self) -> list[AccessStep]:
        """Read when asked for: of a list of explanations only the first is shown in full."""
        if self.subscription is None or self.facts is None:
            return list(self.given)
        return steps_of(Call(self.facts, self.api, self.subscription, self.key))

    @property
    def first_failing(self) -> AccessStep | None:
        return next((step for step in self.steps if step.passes is False), None)


def facts_of(*, api: Api | None, key: Key | None, key_given: bool = True) -> Facts:
    """What the rule looks at, read through the ORM; the check reads the same with one statement."""
    if key is None:
        return Facts(
            api is not None,
            api is not None and api.subscription_required,
            key_given,
            *[False] * 7,
        )
    facts = _facts_of_all(api, key.subscription.owner, [(key.subscription, key)])[0]
    return facts._replace(key_given=key_given)


def explain(*, api: Api, key: Key) -> Explanation:
    """The steps for one key."""
    facts = facts_of(api=api, key=key)
    owner = key.subscription.owner
    return Explanation(decide(facts), owner, api, key.subscription, key, facts)


def explain_for(*, user: User, api: Api, prefix: str = "") -> list[Explanation]:
    """The steps for each of the developer's keys, or for those that ``prefix`` may be the beginning of.

    First the one that gets furthest: whatever passes, else what is nearest to passing. Without a
    key the steps of subscriptions that wait for one; without any the way to a subscription.
    Empty only if no key fits ``prefix``.
    """
    keys = _keys_of(user, prefix)
    pairs: list[tuple[Subscription, Key | None]] = [(key.subscription, key) for key in keys]
    if not prefix:
        keyless = user.subscriptions.filter(keys=None).select_related("owner", "product")
        pairs += [(row, None) for row in keyless.order_by("-pk")[:MAX_READ]]
    if not pairs:
        return [] if prefix else [_without_subscription(user, api)]
    if not keys and not api.subscription_required:
        return [_without_subscription(user, api)]
    found = [
        # A key that is not there yet would be known and live.
        Explanation(
            decide(facts) or (None if key else Reason.KEY_MISSING), user, api, row, key, facts
        )
        for (row, key), facts in zip(pairs, _facts_of_all(api, user, pairs), strict=True)
    ]
    order = [None, Reason.KEY_EXPIRED, Reason.KEY_MISSING, *reversed(Reason)]
    return sorted(found, key=lambda one: order.index(one.reason))


def _keys_of(user: User, prefix: str) -> list[Key]:
    keys = Key.objects.filter(subscription__owner=user).select_related(
        "subscription__owner", "subscription__product"
    )
    if prefix:
        # Typed in full or in part: of an imported key only a few characters are kept.
        keys = keys.alias(typed=Value(prefix)).filter(
            Q(prefix__startswith=prefix) | Q(typed__startswith=F("prefix"))
        )
    # Live ones first: years of replaced keys would leave no room for them.
    over = Case(When(expires_at__lte=timezone.now(), then=True), default=False)
    return list(keys.alias(is_over=over).order_by("is_over", "-pk")[:MAX_READ])


def _without_subscription(user: User, api: Api) -> Explanation:
    if not api.subscription_required:
        return Explanation(None, user, api, given=(step_of_open_api(api),))
    steps = steps_to_subscription(api, user)
    failing = next(step for step in steps if step.passes is False)
    return Explanation(failing.reason, user, api, given=tuple(steps))


def _facts_of_all(
    api: Api | None, owner: User, pairs: Iterable[tuple[Subscription, Key | None]]
) -> list[Facts]:
    """The facts of each subscription and key of one person; two queries for all."""
    wanted = list(pairs)
    products = {subscription.product_id for subscription, _key in wanted}
    seen = Product.objects.seen_by(owner).filter(pk__in=products)
    visible = set(seen.values_list("pk", flat=True))
    containing = (
        Product.objects.filter(pk__in=products, apis=api) if api else Product.objects.none()
    )
    contained = set(containing.values_list("pk", flat=True))
    return [
        Facts(
            api_known=api is not None,
            subscription_required=api is not None and api.subscription_required,
            key_given=True,
            key_known=True,
            user_active=owner.is_active,
            product_visible=subscription.product_id in visible,
            product_published=subscription.product.is_published,
            api_in_product=subscription.product_id in contained,
            subscription_active=subscription.is_active,
            key_live=key is None or key.is_live,
        )
        for subscription, key in wanted
    ]
