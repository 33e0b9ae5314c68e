"""One's own subscriptions and keys."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import block_user
from catalog import actions
from catalog.models import Key, Subscription
from gateway.models import CallCount
from tests.conftest import sign_in
from tests.factories import KeyFactory, SubscriptionFactory, UserFactory
from tests.portal.products.test_products import keys_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(ben):
    return KeyFactory(subscription__owner=ben, subscription__name="Route planner")


def at(key, *parts):
    return "/".join(["/subscriptions", str(key.subscription.public_id), *map(str, parts), ""])


def page_of(client):
    return client.get("/subscriptions/").content.decode()


def test_without_any_there_is_a_way_on(portal):
    assert "No key yet" in page_of(portal)


def test_a_card_tells_of_keys_and_calls(portal, key):
    today = datetime.now(UTC).date()
    CallCount.objects.create(key=key, day=today, reason="", calls=1041)
    CallCount.objects.create(key=key, day=today - timedelta(days=2), reason="no_api", calls=3)

    page = page_of(portal)

    assert "Route planner" in page
    assert key.masked in page
    assert "Not used yet" in page
    assert "1,041 calls today" in page
    assert "1,041 this week" in page
    assert "1,041 calls passed" in page
    assert '<td class="cell-num">1,041</td>' in page
    # Words of a drawing shrink with it, on a phone to 7 px.
    assert "<text" not in page
    assert "3 refused" in page
    assert "Show as a table" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_queries_for_any_number(
    portal, ben, number, django_assert_num_queries
):
    for subscription in SubscriptionFactory.create_batch(number, owner=ben):
        KeyFactory(subscription=subscription)

    with django_assert_num_queries(11):
        page = page_of(portal)

    assert page.count("subscription-card") == number


def test_a_product_that_was_closed_is_told_and_not_linked(portal, ben, key):
    product = key.subscription.product
    assert f"/products/{product.slug}/" in page_of(portal)
    product.roles.clear()

    page = page_of(portal)

    assert "The product is closed to you at present" in page
    assert f"/products/{product.slug}/" not in page
    assert key.masked in page


def test_ended_ones_are_kept_below(portal, ben):
    SubscriptionFactory(owner=ben, name="Old one", state="rejected", comment="Not for this.")
    a_day_in_march = datetime(2026, 3, 5, 12, tzinfo=UTC)
    SubscriptionFactory(owner=ben, name="Over", ends_at=a_day_in_march)

    page = page_of(portal)

    assert "Earlier" in page
    assert "Not for this." in page
    assert "5 Mar 2026" in page
    assert "subscription-card" not in page


def test_withdrawing_a_request_says_nothing_of_keys(portal, ben):
    waiting = SubscriptionFactory(owner=ben, state="submitted")

    page = portal.get(f"/subscriptions/{waiting.public_id}/cancel/").content.decode()

    assert "The request is withdrawn" in page
    assert "working with the next call" not in page


def test_waiting_and_suspended_ones_say_what_happens_next(portal, ben):
    SubscriptionFactory(owner=ben, state="submitted")
    SubscriptionFactory(owner=ben, state="suspended", comment="Unpaid")

    page = page_of(portal)

    assert "An administrator decides about this request." in page
    assert "Unpaid" in page
    assert "Make keys" not in page
    assert page.count("Cancel subscription") == 1


def test_an_approved_one_is_given_its_keys_by_its_owner(portal, ben):
    subscription = SubscriptionFactory(owner=ben)
    assert "Make keys" in page_of(portal)

    answer = portal.post(f"/subscriptions/{subscription.public_id}/keys/")
    again = portal.post(f"/subscriptions/{subscription.public_id}/keys/", follow=True)

    assert len(keys_in(answer)) == 2
    assert "no-store" in answer["Cache-Control"]
    assert "Both keys are there" in again.content.decode()
    assert keys_in(again) == set()


def test_keys_are_refused_to_a_suspended_one(portal, ben):
    subscription = SubscriptionFactory(owner=ben, state="suspended")

    answer = portal.post(f"/subscriptions/{subscription.public_id}/keys/", follow=True)

    assert "Keys can be made while the subscription is active." in answer.content.decode()


def test_regenerating_shows_the_new_key_once(portal, key):
    address = at(key, "keys", key.public_id, "regenerate")
    assert "not used yet" in portal.get(address).content.decode()

    answer = portal.post(address, {"overlap": "7", "expires_at": "90"})
    again = portal.post(address, {"overlap": "7"})

    [shown] = keys_in(answer)
    assert shown not in str(dict(portal.session))
    new = key.subscription.keys.current().get()
    assert new.expires_at > timezone.now() + timedelta(days=89)
    assert again.status_code == 422
    assert "replaced already" in again.content.decode()
    asked = portal.get(address).content.decode()
    assert "This key was replaced already" in asked
    assert "Regenerate key</button>" not in asked
    assert f'href="/subscriptions/#s-{key.subscription.public_id}"' in asked
    page = page_of(portal)
    assert "Replaced key" in page
    assert "not used since it was replaced" in page


def test_a_replaced_key_that_is_still_used_is_told_and_can_be_ended(portal, key, ben):
    actions.regenerate_key(key=key, by=ben, overlap=timedelta(days=7))
    Key.objects.filter(pk=key.pk).update(last_used_at=timezone.now() + timedelta(seconds=1))
    end = at(key, "keys", key.public_id, "end")
    page = page_of(portal)
    assert "still used:" in page
    assert f'href="{end}"' in page

    asked = portal.get(end).content.decode()
    key.refresh_from_db()
    assert key.is_live
    assert f"End the key {key.masked} now?" in asked
    assert "cannot be brought back" in asked

    portal.post(end)

    key.refresh_from_db()
    assert not key.is_live
    assert "Replaced key" not in page_of(portal)


def test_regenerating_asks_for_the_password_after_a_while(portal, key):
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answer = portal.post(at(key, "keys", key.public_id, "regenerate"), {"overlap": "0"})

    assert answer["Location"].startswith("/sign-in/again/")
    key.refresh_from_db()
    assert not key.is_replaced


@pytest.mark.parametrize("overlap", ["", "31", "-1", "x"])
def test_only_an_offered_overlap_is_taken(portal, key, overlap):
    answer = portal.post(at(key, "keys", key.public_id, "regenerate"), {"overlap": overlap})

    assert answer.status_code == 422


def test_rename_and_cancel(portal, key):
    assert "Rename Route planner" in portal.get(at(key, "rename")).content.decode()
    assert portal.post(at(key, "rename"), {"name": " "}).status_code == 422
    assert portal.post(at(key, "rename"), {"name": "http://x.example"}).status_code == 422
    portal.post(at(key, "rename"), {"name": "Planner"})
    assert "1 key stops working" in portal.get(at(key, "cancel")).content.decode()

    portal.post(at(key, "cancel"))
    again = portal.post(at(key, "cancel"), follow=True)

    subscription = Subscription.objects.get()
    assert (subscription.name, subscription.state) == ("Planner", "cancelled")
    assert "not possible now" in again.content.decode()


def test_nobody_reaches_what_is_somebody_elses(key):
    eve = sign_in(UserFactory())
    other = KeyFactory(slot=Key.Slot.SECONDARY)

    assert "Route planner" not in page_of(eve)
    for parts in [
        ["rename"],
        ["cancel"],
        ["keys"],
        ["keys", key.public_id, "regenerate"],
        ["keys", key.public_id, "end"],
    ]:
        assert eve.post(at(key, *parts), {"name": "Mine", "overlap": "0"}).status_code == 404
    # One's own subscription with somebody else's key.
    own = sign_in(other.subscription.owner)
    assert own.post(at(other, "keys", key.public_id, "end")).status_code == 404
    key.refresh_from_db()
    assert key.is_live
    assert not key.is_replaced


def test_a_blocked_person_is_out_at_once(portal, key, ben, ada):
    block_user(user=ben, by=ada)

    assert portal.get("/subscriptions/")["Location"].startswith("/sign-in/")
    assert portal.post(at(key, "cancel")).status_code == 302
    assert Subscription.objects.get().state == "active"


def test_home_says_which_keys_are_still_to_be_made(portal, ben):
    subscription = SubscriptionFactory(owner=ben, name="Freight keys")
    assert "Make your keys" in portal.get("/").content.decode()

    portal.post(f"/subscriptions/{subscription.public_id}/keys/")

    assert "Make your keys" not in portal.get("/").content.decode()
