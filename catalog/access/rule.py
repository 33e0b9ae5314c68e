"""The one rule: may a call with this key pass to this API?

``decide`` is the rule itself, a function of facts. The gateway's check reads the facts with one
prepared statement (``gateway.lookup``), the console's explanation reads them through the ORM
(``catalog.access.explanation``); a property test holds the two readings equal.
"""

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a call is refused: the first link of the chain that does not hold, in this order."""

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


def decide(facts: Facts) -> Reason | None:  # noqa: PLR0911 - the chain, one link a line
    """None when the call may pass, else the first link that does not hold.

    An open API asks for no key, and of a key sent all the same only that it be good: a blocked
    person calls nothing at all.
    """
    if not facts.api_known:
        return Reason.NO_API
    if not facts.key_given:
        return Reason.KEY_MISSING if facts.subscription_required else None
    if not facts.key_known:
        return Reason.KEY_UNKNOWN
    if not facts.user_active:
        return Reason.USER_BLOCKED
    if not facts.product_visible:
        return Reason.PRODUCT_HIDDEN
    if not facts.product_published:
        return Reason.PRODUCT_UNPUBLISHED
    if facts.subscription_required and not facts.api_in_product:
        return Reason.API_NOT_IN_PRODUCT
    if not facts.subscription_active:
        return Reason.SUBSCRIPTION_NOT_ACTIVE
    if not facts.key_live:
        return Reason.KEY_EXPIRED
    return None
