"""The one rule: may a call with this key pass to this API?

``STEPS`` is the rule, one step a line, in the order in which they are asked. Everything that tells
of it follows from this table: ``decide``, the explanation of the console and of ``explain_access``
(``catalog.access.steps``), what the check answers (``gateway.check.responses``) and the table in
docs/check.md. The check reads the facts with one prepared statement (``gateway.check.query``), the
explanation reads them through the ORM; a property test holds the two readings equal.
"""

from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a call is refused: the first step of the rule that fails."""

    NO_API = "no_api", _("No API answers under this path")
    KEY_MISSING = "key_missing", _("The call carries no key")
    KEY_UNKNOWN = "key_unknown", _("The key is not known")
    USER_BLOCKED = "user_blocked", _("The account is blocked")
    PRODUCT_HIDDEN = "product_hidden", _("No role of the person sees the product")
    PRODUCT_UNPUBLISHED = "product_unpublished", _("The product is not published")
    API_NOT_IN_PRODUCT = "api_not_in_product", _("The product does not contain the API")
    SUBSCRIPTION_NOT_ACTIVE = "subscription_not_active", _("The subscription is not active")
    KEY_EXPIRED = "key_expired", _("The key has expired or was replaced")


class Facts(NamedTuple):
    """What the rule looks at. Without a known key the six after ``key_known`` are not looked at."""

    api_known: bool
    # The API wants a subscription; False is an open API.
    subscription_required: bool
    key_given: bool
    key_known: bool
    user_active: bool
    product_visible: bool
    product_published: bool
    api_in_product: bool
    subscription_active: bool
    key_live: bool


class Place(models.TextChoices):
    """Where a step that fails is fixed; each face knows the address."""

    API = "api", _("the API")
    CALLER = "caller", _("the caller")
    DEVELOPER = "developer", _("the developer's page")
    VISIBILITY = "visibility", _("the product's visibility, or the developer's roles")
    PRODUCT = "product", _("the product's page")
    PRODUCT_APIS = "product_apis", _("the product's APIs")
    SUBSCRIBE = "subscribe", _("a new subscription")
    SUBSCRIPTION = "subscription", _("the subscription's page")


class Step(NamedTuple):
    """One step of the rule. ``fact`` passes it; it is asked ``only_if`` that other fact is so."""

    reason: Reason
    fact: str
    only_if: str | None
    # What the step asks, as a statement that holds when it passes.
    title: Any
    place: Place
    # What the caller reads where the service explains.
    to_caller: str
    # What an administrator reads where no developer's steps can be shown.
    advice: Any = ""
    # The words give nothing away, so that the caller reads them in any case.
    is_public: bool = False
    # A good key would let the call pass.
    is_about_key: bool = True

    def passes(self, facts: Facts) -> bool | None:
        """None where the step is not asked."""
        if self.only_if is not None and not getattr(facts, self.only_if):
            return None
        found: bool = getattr(facts, self.fact)
        return found


# An open API asks for no key, and of a key sent all the same only that it be good: a blocked
# developer calls nothing at all.
STEPS = (
    Step(
        Reason.NO_API,
        "api_known",
        None,
        _("An API answers under the path"),
        Place.API,
        "No API answers under this path.",
        advice=_("The first part of the path is that of no API."),
        is_public=True,
        is_about_key=False,
    ),
    Step(
        Reason.KEY_MISSING,
        "key_given",
        "subscription_required",
        _("The call carries a key"),
        Place.CALLER,
        # The sentence of Azure API Management.
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        advice=_(
            "Neither the header Ocp-Apim-Subscription-Key nor Authorization: Bearer had a key. One in the URL is not looked at."
        ),
        is_public=True,
    ),
    Step(
        Reason.KEY_UNKNOWN,
        "key_known",
        "key_given",
        _("The key is known"),
        Place.CALLER,
        "The key is not known. Copy it again, or create a new one in the developer portal.",
        advice=_(
            "It was mistyped or cut off, or its subscription was deleted. Look for its beginning under Subscriptions."
        ),
    ),
    Step(
        Reason.USER_BLOCKED,
        "user_active",
        "key_given",
        _("The account is active"),
        Place.DEVELOPER,
        "The account is blocked. Ask your administrator.",
    ),
    Step(
        Reason.PRODUCT_HIDDEN,
        "product_visible",
        "key_given",
        _("The developer has a role that sees the product"),
        Place.VISIBILITY,
        "The product is no longer open to this account. Ask your administrator for a role that sees it.",
    ),
    Step(
        Reason.PRODUCT_UNPUBLISHED,
        "product_published",
        "key_given",
        _("The product is published"),
        Place.PRODUCT,
        "The product is not published at present.",
    ),
    Step(
        Reason.API_NOT_IN_PRODUCT,
        "api_in_product",
        "subscription_required",
        _("The product contains the API"),
        Place.PRODUCT_APIS,
        "The key belongs to a product that does not contain this API. Subscribe to one that does.",
    ),
    Step(
        Reason.SUBSCRIPTION_NOT_ACTIVE,
        "subscription_active",
        "key_given",
        _("The subscription is active and has not expired"),
        Place.SUBSCRIPTION,
        "The subscription is not active. Its state is in the developer portal.",
    ),
    Step(
        Reason.KEY_EXPIRED,
        "key_live",
        "key_given",
        _("The key has not expired"),
        Place.SUBSCRIPTION,
        "The key has expired or was replaced. Use the new one, or create one in the developer portal.",
    ),
)
# By word, so that a stored one that another release wrote is just not found.
STEP_OF: dict[str, Step] = {step.reason: step for step in STEPS}

# By position: of a tuple by name costs twice as much, and the check decides at every call.
_ASKED = tuple(
    (
        Facts._fields.index(step.fact),
        Facts._fields.index(step.only_if) if step.only_if else None,
        step.reason,
    )
    for step in STEPS
)


def decide(facts: Facts) -> Reason | None:
    """None when the call may pass, else the reason of the first step that fails."""
    # Most calls pass, and no fact speaks against passing.
    if all(facts):
        return None
    for fact, only_if, reason in _ASKED:
        if not facts[fact] and (only_if is None or facts[only_if]):
            return reason
    return None
