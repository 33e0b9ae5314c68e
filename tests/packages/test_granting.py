"""What a person has after they were given a package."""

import pytest

from accounts.models import User
from audit.models import Event
from catalog.models import Key, Subscription
from mail.models import Message
from packages import actions
from tests.factories import PackageFactory, ProductFactory, RoleFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db


def grant(package, user, **changes):
    return actions.grant_package(package=package, user=user, **({"by": user} | changes))


def test_a_grant_gives_roles_and_active_subscriptions(ada, ben):
    partners = RoleFactory(name="Partners")
    freight = ProductFactory(name="Freight", roles=[partners], approval_needed=True)
    weather = ProductFactory(name="Weather")
    package = PackageFactory(name="Start", roles=[partners], products=[freight, weather])

    given = grant(package, ben, by=ada)

    assert {role.name for role in ben.roles.all()} == {"Developers", "Partners"}
    assert [one.product for one in given.subscriptions] == [freight, weather]
    assert [one.name for one in given.subscriptions] == ["Freight", "Weather"]
    assert all(one.is_active and one.owner == ben for one in given.subscriptions)
    assert (given.keys, given.skipped, given.kept) == ([], [], [])
    assert not Key.objects.exists()
    # The letter about the account, or the page in front of the person, says it.
    assert not Message.objects.exists()
    event = Event.objects.get(action="package.granted")
    assert (event.actor_id, event.subject_id) == (ada.public_id, ben.public_id)
    assert event.data == {"package": "Start", "products": ["Freight", "Weather"], "skipped": []}


def test_keys_are_made_for_a_person_who_looks(ben):
    package = PackageFactory(products=[ProductFactory(), ProductFactory()])

    given = grant(package, ben, issue_keys=True)

    assert len(given.keys) == 4
    for subscription in given.subscriptions:
        assert [one.key.slot for one in given.keys_of(subscription)] == ["primary", "secondary"]


def test_a_second_grant_doubles_nothing(ada, ben):
    package = PackageFactory(roles=[RoleFactory()], products=[ProductFactory()])
    first = grant(package, ben, issue_keys=True)

    second = grant(package, ben, issue_keys=True)

    assert (second.subscriptions, second.keys) == ([], [])
    assert second.kept == first.subscriptions
    assert Subscription.objects.count() == 1
    assert Key.objects.count() == 2
    assert Event.objects.filter(action="user.role_assigned").count() == 1


def test_a_subscription_that_ended_is_no_reason_to_give_none(ben):
    product = ProductFactory()
    SubscriptionFactory(owner=ben, product=product, state=Subscription.State.CANCELLED)

    assert len(grant(PackageFactory(products=[product]), ben).subscriptions) == 1


def test_what_cannot_be_given_is_skipped_and_recorded(ben):
    unpublished = ProductFactory(name="Later", unpublished=True)
    hidden = ProductFactory(name="Inner", roles=[RoleFactory()])
    full = ProductFactory(name="Once", subscription_limit=1)
    SubscriptionFactory(owner=ben, product=full, state=Subscription.State.SUSPENDED)
    given_one = ProductFactory(name="Open")

    given = grant(PackageFactory(products=[unpublished, hidden, full, given_one]), ben)

    assert [one.product for one in given.subscriptions] == [given_one]
    assert dict(given.skipped) == {
        unpublished: "Later is not published.",
        hidden: "No role given sees Inner.",
        full: "The limit of 1 subscription to this product is reached. Cancel it to subscribe again.",
    }
    event = Event.objects.get(action="package.granted")
    assert event.data["skipped"] == ["Later", "Inner", "Once"]


def test_people_who_take_a_package_themselves_accept_the_terms(ben):
    kind = ProductFactory(name="Kind", terms="Be kind.")
    plain = ProductFactory()
    package = PackageFactory(products=[kind, plain])

    with pytest.raises(actions.PackageTermsNotAccepted) as refusal:
        grant(package, ben)

    assert refusal.value.product == kind
    assert "Kind" in refusal.value.message
    given = grant(package, ben, terms_accepted=[kind])
    assert [bool(one.terms_accepted_at) for one in given.subscriptions] == [True, False]


def test_an_administrator_accepts_no_terms_for_others(ada, ben):
    package = PackageFactory(products=[ProductFactory(terms="Be kind.")])

    [subscription] = grant(package, ben, by=ada).subscriptions

    assert subscription.terms_accepted_at is None


def test_a_deleted_package_gives_nothing(ben):
    package = PackageFactory(roles=[RoleFactory()])
    type(package).objects.all().delete()

    with pytest.raises(actions.PackageGone):
        grant(package, ben)

    assert User.objects.get(pk=ben.pk).roles.count() == 1


def test_the_service_itself_can_give_a_package(ben):
    given = grant(PackageFactory(products=[ProductFactory()]), ben, by=None, issue_keys=True)

    assert len(given.subscriptions) == 1
    assert given.keys == []
