"""How subscriptions begin."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Role
from audit.models import Event
from base.authority import ActorMayNotAct
from catalog import actions
from catalog.models import Subscription
from mail.models import Message
from tests.factories import (
    AdministratorFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db
State = Subscription.State


def test_subscribe_gives_two_keys_at_once(ben):
    product = ProductFactory(name="Freight")

    subscription, issued = actions.subscribe(product=product, by=ben, name="  Route  planner ")

    assert (subscription.name, subscription.state, subscription.owner) == (
        "Route planner",
        State.ACTIVE,
        ben,
    )
    assert [one.key.slot for one in issued] == ["primary", "secondary"]
    assert {one.key.pk for one in issued} == set(subscription.keys.values_list("pk", flat=True))
    assert actions.subscribe(product=product, by=ben)[0].name == "Freight"
    actions_recorded = set(Event.objects.values_list("action", flat=True))
    assert actions_recorded == {"subscription.requested", "key.issued"}


def test_plain_text_is_nowhere_but_in_the_answer(ben):
    _subscription, issued = actions.subscribe(product=ProductFactory(), by=ben)

    for one in issued:
        assert one.plaintext not in repr(one)
        assert one.plaintext not in "".join(str(row) for row in Event.objects.values())
        assert one.plaintext not in str(vars(one.key))


def test_with_approval_it_waits_without_keys_and_administrators_are_told(ben, ada):
    AdministratorFactory(blocked=True)

    subscription, issued = actions.subscribe(product=ProductFactory(approval_needed=True), by=ben)

    assert (subscription.state, issued) == (State.SUBMITTED, [])
    assert not subscription.keys.exists()
    letter = Message.objects.about(subscription.public_id).get()
    assert (letter.kind, letter.to) == ("subscription_requested", ada.email)


def test_only_what_the_person_sees_can_be_subscribed_to(ben):
    for product in [ProductFactory(unpublished=True), ProductFactory(roles=[RoleFactory()])]:
        with pytest.raises(actions.ProductNotAvailable):
            actions.subscribe(product=product, by=ben)


def test_a_blocked_person_subscribes_to_nothing():
    with pytest.raises(ActorMayNotAct):
        actions.subscribe(product=ProductFactory(), by=UserFactory(blocked=True))


def test_terms_are_accepted_first(ben):
    product = ProductFactory(terms="Be kind.")

    with pytest.raises(actions.TermsNotAccepted) as refusal:
        actions.subscribe(product=product, by=ben)
    subscription, _keys = actions.subscribe(product=product, by=ben, terms_accepted=True)

    assert list(refusal.value.message_dict) == ["terms_accepted"]
    assert subscription.terms_accepted_at is not None


def test_a_suspension_holds_for_the_product(ben, ada):
    product = ProductFactory()
    suspended = SubscriptionFactory(owner=ben, product=product, state=State.SUSPENDED)
    SubscriptionFactory(product=product, state=State.SUSPENDED)

    with pytest.raises(actions.SubscriptionSuspended):
        actions.subscribe(product=product, by=ben)

    actions.subscribe(product=ProductFactory(), by=ben)
    actions.add_subscription(product=product, owner=ben, by=ada)
    actions.cancel_subscription(subscription=suspended, by=ada)
    actions.subscribe(product=product, by=ben)


def test_the_limit_counts_what_is_asked_for_active_or_suspended(ben, ada):
    product = ProductFactory(subscription_limit=3)
    for state in [State.SUBMITTED, State.SUSPENDED]:
        SubscriptionFactory(owner=ben, product=product, state=state)
    for state in [State.CANCELLED, State.REJECTED]:
        SubscriptionFactory(owner=ben, product=product, state=state)
    past = timezone.now() - timedelta(seconds=1)
    SubscriptionFactory(owner=ben, product=product, ends_at=past)
    SubscriptionFactory(product=product)

    # Not by himself: one is suspended.
    actions.add_subscription(product=product, owner=ben, by=ada)

    with pytest.raises(actions.SubscriptionLimitReached) as refusal:
        actions.add_subscription(product=product, owner=ben, by=ada)
    assert refusal.value.limit == 3


def test_a_form_sent_twice_subscribes_once(ben):
    product, number = ProductFactory(), uuid4()
    first, _keys = actions.subscribe(product=product, by=ben, public_id=number)

    with pytest.raises(actions.AlreadySubscribed) as refusal:
        actions.subscribe(product=product, by=ben, public_id=number)

    assert refusal.value.subscription == first


def test_the_number_of_somebody_elses_subscription_tells_nothing(ben):
    theirs = SubscriptionFactory()

    with pytest.raises(actions.AlreadySubscribed) as refusal:
        actions.subscribe(product=ProductFactory(), by=ben, public_id=theirs.public_id)

    assert refusal.value.subscription is None


@pytest.mark.parametrize("name", ["x" * 101, "http://evil.example", "zero\u200bwidth"])
def test_a_name_is_checked(ben, name):
    with pytest.raises(ValidationError):
        actions.subscribe(product=ProductFactory(), by=ben, name=name)


def test_an_administrator_adds_an_active_subscription_without_keys(ada, ben):
    product = ProductFactory(approval_needed=True, terms="Be kind.", unpublished=True)
    end = timezone.now() + timedelta(days=90)

    subscription = actions.add_subscription(product=product, owner=ben, by=ada, ends_at=end)

    assert (subscription.state, subscription.ends_at) == (State.ACTIVE, end)
    assert not subscription.keys.exists()
    assert Event.objects.get(subject_id=subscription.public_id).action == "subscription.added"
    assert Message.objects.about(subscription.public_id).get().kind == "subscription_added"


def test_an_administrator_is_told_what_would_not_work(ada, ben):
    product = ProductFactory(subscription_limit=1)

    with pytest.raises(actions.OwnerIsBlocked):
        actions.add_subscription(product=product, owner=UserFactory(blocked=True), by=ada)
    with pytest.raises(actions.PersonDoesNotSeeProduct):
        actions.add_subscription(product=ProductFactory(roles=[]), owner=ben, by=ada)
    with pytest.raises(ValidationError):
        actions.add_subscription(product=product, owner=ben, by=ada, ends_at=timezone.now())
    actions.add_subscription(product=product, owner=ben, by=ada)
    with pytest.raises(actions.SubscriptionLimitReached):
        actions.add_subscription(product=product, owner=ben, by=ada)


def test_guests_products_can_be_added_for_everybody(ada, ben):
    product = ProductFactory(roles=[Role.objects.get(built_in="guests")])

    assert actions.add_subscription(product=product, owner=ben, by=ada).is_active


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_stay_within_the_limit(ben):
    product = ProductFactory(subscription_limit=2)

    outcomes = race(*[lambda: actions.subscribe(product=product, by=ben)] * 8)

    assert len(refusals(outcomes, actions.SubscriptionLimitReached)) == 6
    assert ben.subscriptions.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_product_deleted_meanwhile_is_not_available(ben, ada):
    product = ProductFactory()

    outcome = overtake(
        lambda: actions.delete_product(product=product, by=ada),
        lambda: actions.subscribe(product=product, by=ben),
    )

    assert isinstance(outcome, actions.ProductNotAvailable)


@pytest.mark.django_db(transaction=True)
def test_a_deletion_sees_who_subscribed_meanwhile(ben, ada):
    product = ProductFactory()

    outcome = overtake(
        lambda: actions.subscribe(product=product, by=ben),
        lambda: actions.delete_product(product=product, by=ada),
    )

    assert isinstance(outcome, actions.ProductHasSubscriptions)
    assert ben.subscriptions.get().product == product


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_eight_times_at_once_subscribes_once(ben):
    product, number = ProductFactory(), uuid4()

    outcomes = race(*[lambda: actions.subscribe(product=product, by=ben, public_id=number)] * 8)

    assert len(refusals(outcomes, actions.AlreadySubscribed)) == 7
    assert ben.subscriptions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_number_are_told_apart(ben):
    product, number = ProductFactory(), uuid4()
    eve = UserFactory()

    outcome = overtake(
        lambda: actions.subscribe(product=product, by=ben, public_id=number),
        lambda: actions.subscribe(product=product, by=eve, public_id=number),
    )

    assert isinstance(outcome, actions.AlreadySubscribed)
    assert outcome.subscription is None
    assert not eve.subscriptions.exists()
