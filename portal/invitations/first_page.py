"""What an invitation's package gives, before accepting and on the first page after."""

from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from catalog.actions import IssuedKey
from catalog.models import Product, Subscription
from invitations.models import Invitation
from packages.access import products_given
from packages.actions import Grant
from portal.kit.first_calls import FirstCall, first_call_of


@dataclass(frozen=True)
class Card:
    """A fresh subscription with its keys, and where the first of them can be tried, if anywhere."""

    subscription: Subscription
    issued: list[IssuedKey]
    first_call: FirstCall | None

    @property
    def suffix(self) -> str:
        """Keeps the ids of several first calls apart."""
        return f"-{self.subscription.public_id}"


def given_by(invitation: Invitation) -> list[Product]:
    """The products that whoever accepts is subscribed to, as it stands now."""
    if invitation.package is None:
        return []
    return list(products_given(invitation.package, roles=invitation.roles.all()))


def cards_of(grant: Grant) -> list[Card]:
    """The APIs of all products are read in one statement."""
    prefetch_related_objects([one.product for one in grant.subscriptions], "apis")
    return [
        Card(subscription, grant.keys_of(subscription), first_call_of(subscription.product))
        for subscription in grant.subscriptions
    ]
