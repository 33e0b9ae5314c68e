"""One operation for each transition, and what each refuses."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from catalog import actions
from catalog.actions.subscriptions import CommentNeeded, EndNeedsActivation
from catalog.models import Key, Subscription
from catalog.transitions import Transition, possible, possible_to_owner
from mail.models import Message
from tests.factories import KeyFactory, ProductFactory, SubscriptionFactory
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db
State = Subscription.State
PAST = timedelta(days=-1)

OPERATIONS = {
    Transition.APPROVE: actions.approve_subscription,
    Transition.REJECT: lambda **facts: actions.reject_subscription(comment="No", **facts),
    Transition.SUSPEND: actions.suspend_subscription,
    Transition.ACTIVATE: lambda **facts: actions.activate_subscription(ends_at=None, **facts),
    Transition.CANCEL: actions.cancel_subscription,
}
EVENTS = {
    Transition.APPROVE: "subscription.approved",
    Transition.REJECT: "subscription.rejected",
    Transition.SUSPEND: "subscription.suspended",
    Transition.ACTIVATE: "subscription.activated",
    Transition.CANCEL: "subscription.cancelled",
}
# From, by, to: the table of AZURE's subscriptions; every pair not here is refused.
TABLE = {
    (State.SUBMITTED, Transition.APPROVE): State.ACTIVE,
    (State.SUBMITTED, Transition.REJECT): State.REJECTED,
    (State.SUBMITTED, Transition.CANCEL): State.CANCELLED,
    (State.ACTIVE, Transition.SUSPEND): State.SUSPENDED,
    (State.ACTIVE, Transition.CANCEL): State.CANCELLED,
    (State.SUSPENDED, Transition.ACTIVATE): State.ACTIVE,
    (State.SUSPENDED, Transition.CANCEL): State.CANCELLED,
    (State.REJECTED, Transition.ACTIVATE): State.ACTIVE,
    (State.CANCELLED, Transition.ACTIVATE): State.ACTIVE,
    (State.EXPIRED, Transition.ACTIVATE): State.ACTIVE,
}


def subscription_in(state):
    if state == State.EXPIRED:
        return SubscriptionFactory(ends_at=timezone.now() + PAST)
    return SubscriptionFactory(state=state)


def events_of(subscription):
    found = Event.objects.filter(subject_id=subscription.public_id).order_by("pk")
    return [event.action for event in found]


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("state", State)
def test_every_state_meets_every_operation(state, transition, ada):
    subscription = subscription_in(state)
    assert subscription.state_now == state
    target = TABLE.get((state, transition))
    assert (transition in possible(subscription)) == (target is not None)

    if target is None:
        with pytest.raises(actions.TransitionRefused):
            OPERATIONS[transition](subscription=subscription, by=ada)
        assert events_of(subscription) == []
        return
    changed = OPERATIONS[transition](subscription=subscription, by=ada)

    assert changed.state_now == target
    assert events_of(subscription) == [EVENTS[transition]]


@pytest.mark.parametrize("state", State)
def test_the_database_and_the_row_agree_on_the_state(state):
    for other in State:
        subscription_in(other)

    assert [row.state_now for row in Subscription.objects.in_state(state)] == [state]


def test_expired_is_never_stored():
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscriptionFactory(state=State.EXPIRED)


def test_a_rejection_says_why(ada):
    subscription = SubscriptionFactory(state=State.SUBMITTED)

    with pytest.raises(CommentNeeded):
        actions.reject_subscription(subscription=subscription, comment="  ", by=ada)
    rejected = actions.reject_subscription(subscription=subscription, comment=" Why? ", by=ada)

    assert rejected.comment == "Why?"
    assert Event.objects.get(subject_id=subscription.public_id).data["reason"] == "Why?"
    assert Message.objects.about(subscription.public_id).get().kind == "subscription_rejected"


def test_a_comment_has_a_limit(ada):
    with pytest.raises(ValidationError) as refusal:
        actions.suspend_subscription(subscription=SubscriptionFactory(), comment="x" * 501, by=ada)

    assert list(refusal.value.message_dict) == ["comment"]


def test_activating_gives_the_same_keys_back_and_forgets_the_comment(ada):
    key = KeyFactory()
    actions.suspend_subscription(subscription=key.subscription, comment="Unpaid", by=ada)
    assert not Key.objects.callable_by_owner().exists()

    activated = actions.activate_subscription(subscription=key.subscription, by=ada)

    assert activated.comment == ""
    assert Key.objects.callable_by_owner().get() == key


def test_activating_an_expired_one_wants_an_end_in_the_future_or_none(ada):
    subscription = subscription_in(State.EXPIRED)

    with pytest.raises(ValidationError) as refusal:
        actions.activate_subscription(subscription=subscription, by=ada)
    assert list(refusal.value.message_dict) == ["ends_at"]
    later = timezone.now() + timedelta(days=30)

    assert (
        actions.activate_subscription(subscription=subscription, by=ada, ends_at=later).ends_at
        == later
    )


def test_another_end_does_not_stand_in_for_activating(ada):
    product = ProductFactory(subscription_limit=1)
    expired = SubscriptionFactory(product=product, ends_at=timezone.now() + PAST)
    SubscriptionFactory(product=product, owner=expired.owner)

    for end in [None, timezone.now() + timedelta(days=1)]:
        with pytest.raises(EndNeedsActivation) as refusal:
            actions.set_subscription_end(subscription=expired, ends_at=end, by=ada)
        assert list(refusal.value.message_dict) == ["ends_at"]

    assert Subscription.objects.active().count() == 1


def test_activating_notes_the_end_that_it_changes(ada):
    expired, suspended = subscription_in(State.EXPIRED), subscription_in(State.SUSPENDED)

    actions.activate_subscription(subscription=expired, by=ada, ends_at=None)
    actions.activate_subscription(subscription=suspended, by=ada)

    old = expired.ends_at.isoformat()
    assert [event.data for event in Event.objects.order_by("pk")] == [
        {"changes": {"ends_at": [old, None]}},
        {},
    ]


def test_activating_a_cancelled_one_keeps_to_the_limit(ada):
    product = ProductFactory(subscription_limit=1)
    active = SubscriptionFactory(product=product)
    cancelled = SubscriptionFactory(product=product, owner=active.owner, state=State.CANCELLED)

    with pytest.raises(actions.SubscriptionLimitReached):
        actions.activate_subscription(subscription=cancelled, by=ada)


def test_the_owner_is_told_of_a_cancellation_by_somebody_else_only(ada, ben):
    own, other = SubscriptionFactory(owner=ben), SubscriptionFactory(owner=ben)

    actions.cancel_subscription(subscription=own, by=ben)
    actions.cancel_subscription(subscription=other, by=ada)

    assert not Message.objects.about(own.public_id).exists()
    assert Message.objects.about(other.public_id).get().kind == "subscription_cancelled"


def test_a_suspension_is_not_the_owners_to_leave(ada, ben):
    suspended = SubscriptionFactory(owner=ben, state=State.SUSPENDED)
    assert possible_to_owner(suspended) == set()

    with pytest.raises(actions.TransitionRefused):
        actions.cancel_subscription(subscription=suspended, by=ben)
    for state in [State.SUBMITTED, State.ACTIVE]:
        own = SubscriptionFactory(owner=ben, state=state)
        assert possible_to_owner(own) == {Transition.CANCEL}
        actions.cancel_subscription(subscription=own, by=ben)
    own = SubscriptionFactory(owner=ada, state=State.SUSPENDED)
    actions.cancel_subscription(subscription=own, by=ada)
    actions.cancel_subscription(subscription=suspended, by=ada)

    assert not Subscription.objects.exclude(state=State.CANCELLED).exists()


def test_rename_is_quiet_when_nothing_differs(ben):
    subscription = SubscriptionFactory(owner=ben, name="Old")

    for _twice in range(2):
        actions.rename_subscription(subscription=subscription, name=" New ", by=ben)
    with pytest.raises(ValidationError):
        actions.rename_subscription(subscription=subscription, name=" ", by=ben)

    subscription.refresh_from_db()
    assert subscription.name == "New"
    assert events_of(subscription) == ["subscription.renamed"]


def test_an_end_is_in_the_future_and_can_be_taken_away(ada):
    subscription = SubscriptionFactory()
    end = timezone.now() + timedelta(days=1)

    for _twice in range(2):
        actions.set_subscription_end(subscription=subscription, ends_at=end, by=ada)
    with pytest.raises(ValidationError):
        actions.set_subscription_end(subscription=subscription, ends_at=timezone.now(), by=ada)
    actions.set_subscription_end(subscription=subscription, ends_at=None, by=ada)

    subscription.refresh_from_db()
    assert subscription.ends_at is None
    assert events_of(subscription) == ["subscription.end_changed"] * 2


def test_delete_takes_the_keys_along(ada):
    key = KeyFactory()

    actions.delete_subscription(subscription=key.subscription, by=ada)

    assert not Key.objects.exists()
    assert Event.objects.filter(action="subscription.deleted").exists()


def test_an_export_is_noted(ada):
    actions.record_subscription_export(filters={"state": "active"}, count=3, by=ada)

    assert Event.objects.get(action="subscriptions.exported").data["count"] == 3


def test_search_finds_by_person_product_name_and_key():
    key = KeyFactory(
        subscription__name="Zebra crossing",
        subscription__product__name="Quagga",
        subscription__owner__last_name="Okapi",
    )
    SubscriptionFactory()
    subscription = key.subscription
    owner = subscription.owner

    for fragment in [
        owner.email.upper(),
        f"{owner.last_name} {subscription.product.name}",
        subscription.name,
        key.prefix,
        key.prefix[:14],
    ]:
        assert Subscription.objects.matching(fragment).get() == subscription, fragment
    assert not Subscription.objects.matching(key.prefix[1:]).exists()


@pytest.mark.django_db(transaction=True)
def test_approving_and_rejecting_at_once_have_one_winner(ada):
    for _round in range(5):
        subscription = SubscriptionFactory(state=State.SUBMITTED)

        outcomes = race(
            lambda row=subscription: actions.approve_subscription(subscription=row, by=ada),
            lambda row=subscription: actions.reject_subscription(
                subscription=row, comment="No", by=ada
            ),
        )

        assert len(refusals(outcomes, actions.TransitionRefused)) == 1
        assert len(events_of(subscription)) == 1
