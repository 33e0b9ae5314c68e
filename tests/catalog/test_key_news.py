"""The owner is told of what somebody else did to their keys, and of nothing that they did."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import block_user, edit_user
from catalog import actions
from catalog.models import Key
from mail.models import Message
from tests.factories import KeyFactory, SubscriptionFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
IMPORTED = "0f8fad5bd9cb469fa16570867728950e"
NOW = "2026-11-20 09:30Z"


def in_days(days):
    return timezone.now() + timedelta(days=days)


@pytest.fixture
def key(ben):
    """Ben's primary key."""
    return KeyFactory(
        subscription__owner=ben,
        subscription__name="Route planner",
        subscription__product__name="Unlimited",
    )


def regenerate(key, by, **more):
    [issued] = actions.regenerate_key(key=key, by=by, **more)
    return issued.plaintext


def take_over(key, by, **more):
    actions.import_key(subscription=key.subscription, slot=key.slot, value=IMPORTED, by=by, **more)
    return IMPORTED


def news():
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize("replace", [regenerate, take_over])
def test_a_replaced_key_is_told_with_its_slot_and_end(ada, ben, key, deliver, replace):
    with time_machine.travel(NOW, tick=False):
        plaintext = replace(key, ada, overlap=timedelta(days=7))

    [letter] = deliver()

    assert letter.to == [ben.email]
    assert letter.subject == "A key of Route planner was replaced"
    for part in (letter.body, letter.alternatives[0][0]):
        words = " ".join(part.split())
        assert "on 20 November 2026 at 09:30 UTC Ada Lovelace, an administrator" in words
        assert f"the primary key {key.masked} of your subscription “Route planner”" in words
        assert "(Unlimited)" in words
        assert "The old key works until 27 November 2026 at 09:30 UTC." in words
        assert "Ask Ada Lovelace for it" in words
        assert plaintext not in words
        assert key.plaintext not in words
    assert plaintext not in str(Message.objects.values_list())


@pytest.mark.parametrize("replace", [regenerate, take_over])
def test_without_an_overlap_the_old_key_is_said_to_be_refused(ada, key, deliver, replace):
    Key.objects.filter(pk=key.pk).update(slot="secondary")
    key.refresh_from_db()
    replace(key, ada)

    [letter] = deliver()

    assert f"the secondary key {key.masked}" in letter.body
    assert "The old key is refused from that moment on." in letter.body
    assert "works until" not in letter.body


def test_a_key_that_ends_with_the_replacement_of_its_successor_is_named(ada, key, deliver):
    regenerate(key, ada, overlap=timedelta(days=7))
    deliver()

    regenerate(key.subscription.keys.current().get(), ada, overlap=timedelta(days=7))

    [letter] = deliver()
    assert f"The key {key.masked}, which was replaced before, is refused now too." in letter.body


def test_an_import_into_an_empty_slot_replaces_nothing(ada, key):
    actions.import_key(subscription=key.subscription, slot="secondary", value=IMPORTED, by=ada)

    assert news() == []


def test_a_revoked_key_is_told(ada, ben, key, deliver):
    with time_machine.travel(NOW, tick=False):
        actions.end_key(key=key, by=ada)
        actions.end_key(key=key, by=ada)

    [letter] = deliver()

    assert letter.to == [ben.email]
    assert letter.subject == "A key of Route planner was revoked"
    assert "on 20 November 2026 at 09:30 UTC Ada Lovelace, an administrator, revoked" in letter.body
    assert f"the primary key {key.masked} of your subscription “Route planner”" in letter.body
    assert "If you did not expect this, ask Ada Lovelace." in letter.body
    assert "/subscriptions/" in letter.body


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [(None, 30, True), (60, 30, True), (30, 60, False), (30, None, False), (30, 30, False)],
)
def test_an_expiry_is_told_where_it_comes_sooner(ada, key, deliver, before, after, is_told):
    with time_machine.travel(NOW, tick=False):
        Key.objects.update(expires_at=in_days(before) if before else None)
        actions.set_key_expiry(key=key, expires_at=in_days(after) if after else None, by=ada)

    letters = deliver()

    assert bool(letters) is is_told
    for letter in letters:
        assert letter.subject == "A key of Route planner expires sooner"
        assert "It stops working on 20 December 2026 at 09:30 UTC." in letter.body
        was = "it was to work until 19 January 2027 at 09:30" if before else "it had no expiry"
        assert was in letter.body


def test_an_expiry_that_was_given_back_is_not_told(ada, key, deliver):
    actions.set_key_expiry(key=key, expires_at=in_days(30), by=ada)
    actions.set_key_expiry(key=key, expires_at=None, by=ada)

    assert deliver() == []


def test_what_owners_do_themselves_is_not_told(ben, key):
    actions.set_key_expiry(key=key, expires_at=in_days(30), by=ben)
    regenerate(key, ben, overlap=timedelta(days=1))
    take_over(key, ben)
    actions.end_key(key=key.subscription.keys.current().get(), by=ben)

    assert news() == []


def test_an_administrator_is_not_told_of_their_own_keys(ada):
    regenerate(KeyFactory(subscription__owner=ada), ada)

    assert news() == []


def test_the_end_of_a_subscription_is_told_once_and_not_key_by_key(ada, key):
    KeyFactory(subscription=key.subscription, slot="secondary")
    actions.cancel_subscription(subscription=key.subscription, by=ada)

    assert news() == ["subscription_cancelled"]


def test_a_deleted_subscription_is_told_from_what_was_noted(ada, ben, key, deliver):
    product = key.subscription.product
    actions.delete_subscription(subscription=key.subscription, by=ada)

    [letter] = deliver()

    assert letter.to == [ben.email]
    assert letter.subject == "Your subscription to Unlimited was deleted"
    assert "an administrator deleted the subscription “Route planner” to Unlimited" in letter.body
    assert "If you did not expect this, ask Ada Lovelace." in letter.body

    KeyFactory(subscription__owner=ben, subscription__product=product)
    actions.delete_product(product=product, confirmed=True, by=ada)
    assert [letter.to for letter in deliver()] == [[ben.email]]


def test_a_subscription_that_was_over_or_ones_own_is_deleted_in_silence(ada, ben, deliver):
    over = SubscriptionFactory(owner=ben, state="cancelled")
    own = SubscriptionFactory(owner=ada)
    for subscription in (over, own):
        actions.delete_subscription(subscription=subscription, by=ada)
    system = SubscriptionFactory(owner=ben)
    actions.delete_product(product=system.product, confirmed=True, by=None)

    [letter] = deliver()

    assert letter.to == [ben.email]
    assert "If you did not expect this" not in letter.body


def test_of_a_deleted_subscription_the_blocked_are_not_told(ada, ben, key, deliver):
    actions.delete_subscription(subscription=key.subscription, by=ada)
    block_user(user=ben, by=ada)

    assert deliver() == []


def test_a_subscription_cancelled_meanwhile_does_not_hide_what_happened(ada, key, deliver):
    actions.end_key(key=key, by=ada)
    actions.cancel_subscription(subscription=key.subscription, by=ada)

    assert len(deliver()) == 2


def test_a_letter_about_a_key_goes_neither_to_a_former_address_nor_to_the_blocked(
    ada, ben, key, deliver
):
    actions.end_key(key=key, by=ada)
    edit_user(user=ben, email="new@example.org", by=ada)
    regenerate(key.subscription.keys.current().get(), ada)
    assert [letter.to[0] for letter in deliver() if "key" in letter.subject] == ["new@example.org"]

    actions.end_key(key=key.subscription.keys.current().get(), by=ada)
    block_user(user=ben, by=ada)
    assert deliver() == []


@pytest.mark.parametrize("kind", ["key_replaced", "key_revoked", "key_expiry_changed"])
def test_a_letter_about_a_key_that_is_gone_is_not_sent(ada, key, deliver, kind):
    actions.end_key(key=key, by=ada)
    Message.objects.update(kind=kind)
    Key.objects.all().delete()

    assert deliver() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_revoke_at_once_tell_once(ada, key):
    race(*[lambda: actions.end_key(key=key, by=ada)] * 3)

    assert news() == ["key_revoked"]
