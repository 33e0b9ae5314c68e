"""Which operations a subscription's state allows: the table of Azure's section on subscriptions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Subscription


class Transition(models.TextChoices):
    """An operation that changes the state."""

    APPROVE = "approve", _("Approve")
    REJECT = "reject", _("Reject")
    SUSPEND = "suspend", _("Suspend")
    ACTIVATE = "activate", _("Activate")
    CANCEL = "cancel", _("Cancel")


_State = Subscription.State
_FROM = {
    Transition.APPROVE: {_State.SUBMITTED},
    Transition.REJECT: {_State.SUBMITTED},
    Transition.SUSPEND: {_State.ACTIVE},
    Transition.ACTIVATE: {_State.SUSPENDED, _State.REJECTED, _State.CANCELLED, _State.EXPIRED},
    Transition.CANCEL: {_State.SUBMITTED, _State.ACTIVE, _State.SUSPENDED},
}


def possible(subscription: Subscription) -> frozenset[Transition]:
    """What can be done with it now."""
    return possible_from(subscription.state_now)


def possible_to_owner(subscription: Subscription) -> frozenset[Transition]:
    """What its owner can do. A suspension is not theirs to leave: cancelled, it would let them
    subscribe anew."""
    is_theirs = subscription.state_now in {_State.SUBMITTED, _State.ACTIVE}
    return frozenset({Transition.CANCEL}) if is_theirs else frozenset()


def possible_from(state: str) -> frozenset[Transition]:
    """What can be done with one in this state."""
    return frozenset(transition for transition, states in _FROM.items() if state in states)
