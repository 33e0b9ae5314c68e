"""What the operations on keys do, record and refuse."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import activate_user, block_user
from audit.models import Event
from base.secret_keys import digest_key_id
from catalog import actions
from catalog.actions.keys import KeyValueTaken
from catalog.jobs import warning_job
from catalog.keys import digest_of
from catalog.models import MAX_OVERLAP, Key, Subscription
from mail.models import Message
from tests.factories import KeyFactory, SubscriptionFactory
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db
IMPORTED = "0f8fad5bd9cb469fa16570867728950e"


def in_days(days):
    return timezone.now() + timedelta(days=days)


def test_missing_keys_are_made_and_no_more(ben):
    first = KeyFactory(subscription__owner=ben)

    [issued] = actions.issue_missing_keys(subscription=first.subscription, by=ben)

    assert issued.key.slot == Key.Slot.SECONDARY
    assert issued.key.digest == digest_of(issued.plaintext)
    assert actions.issue_missing_keys(subscription=first.subscription, by=ben) == []


@pytest.mark.parametrize("state", ["submitted", "suspended", "rejected", "cancelled"])
def test_only_an_active_subscription_is_given_keys(ben, state):
    key = KeyFactory(subscription__owner=ben, subscription__state=state)

    for operation in [
        lambda: actions.issue_missing_keys(subscription=key.subscription, by=ben),
        lambda: actions.regenerate_key(key=key, by=ben),
        lambda: actions.import_key(
            subscription=key.subscription, slot="secondary", value=IMPORTED, by=ben
        ),
    ]:
        with pytest.raises(actions.SubscriptionHasNoKeys):
            operation()


def test_regenerating_ends_the_old_key_now(ben):
    old = KeyFactory(subscription__owner=ben)

    [issued] = actions.regenerate_key(key=old, by=ben)

    old.refresh_from_db()
    assert not old.is_live
    assert old.is_replaced
    assert old.subscription.keys.current().get() == issued.key
    event = Event.objects.get(action="key.regenerated")
    assert event.subject_id == issued.key.public_id
    assert issued.plaintext not in str(event.data)


def test_regenerating_with_an_overlap_keeps_both(ben):
    old = KeyFactory(subscription__owner=ben)

    [issued] = actions.regenerate_key(
        key=old, by=ben, overlap=timedelta(days=7), expires_at=in_days(90)
    )

    assert set(Key.objects.live()) == {old, issued.key}
    with time_machine.travel(in_days(7.01)):
        assert set(Key.objects.live()) == {issued.key}
        assert issued.key.is_live


def test_an_overlap_is_no_longer_than_it_may_be_nor_than_the_key_lived(ben):
    long, short = (
        KeyFactory(subscription__owner=ben),
        KeyFactory(subscription__owner=ben, expires_at=in_days(2)),
    )

    for key in [long, short]:
        actions.regenerate_key(key=key, by=ben, overlap=timedelta(days=3000))
        key.refresh_from_db()

    assert long.expires_at <= timezone.now() + MAX_OVERLAP
    assert short.expires_at < in_days(2.1)


def test_a_form_sent_twice_replaces_once(ben):
    key = KeyFactory(subscription__owner=ben)
    actions.regenerate_key(key=key, by=ben)

    with pytest.raises(actions.KeyAlreadyReplaced):
        actions.regenerate_key(key=key, by=ben)
    with pytest.raises(actions.KeyAlreadyReplaced):
        actions.set_key_expiry(key=key, expires_at=None, by=ben)


def test_an_import_is_hashed_on_arrival(ada):
    subscription = SubscriptionFactory()

    key = actions.import_key(subscription=subscription, slot="primary", value=IMPORTED, by=ada)

    assert (key.prefix, key.is_imported, key.digest) == ("0f8fad5b", True, digest_of(IMPORTED))
    assert IMPORTED not in str(Event.objects.values_list())
    assert IMPORTED not in str(Key.objects.values_list())


def test_an_import_takes_a_filled_slot_over(ada):
    old = KeyFactory()

    key = actions.import_key(
        subscription=old.subscription,
        slot="primary",
        value=IMPORTED,
        by=ada,
        overlap=timedelta(hours=1),
    )

    assert old.subscription.keys.current().get() == key
    assert old in Key.objects.live()
    old.refresh_from_db()
    assert Event.objects.get().data == {
        "slot": "primary",
        "replaced": old.masked,
        "works_until": old.expires_at.isoformat(),
    }


@pytest.mark.parametrize(
    "value", ["short", "with a space inside it", f"apim_live_{'a' * 43}_wrong0"]
)
def test_an_import_refuses_what_is_no_key(ada, value):
    with pytest.raises(actions.ImportedKeyRefused):
        actions.import_key(subscription=SubscriptionFactory(), slot="primary", value=value, by=ada)


def test_one_value_opens_one_subscription(ada):
    KeyFactory(plaintext=IMPORTED)

    with pytest.raises(KeyValueTaken):
        actions.import_key(
            subscription=SubscriptionFactory(), slot="primary", value=IMPORTED, by=ada
        )


def test_an_import_into_no_slot_is_refused(ada):
    with pytest.raises(ValidationError):
        actions.import_key(subscription=SubscriptionFactory(), slot="third", value=IMPORTED, by=ada)


def test_end_key_is_quiet_the_second_time(ben):
    key = KeyFactory(subscription__owner=ben)

    for _twice in range(2):
        key = actions.end_key(key=key, by=ben)

    assert not key.is_live
    assert Event.objects.filter(action="key.ended").count() == 1


def test_an_expiry_is_in_the_future_and_can_be_taken_away(ben):
    key = KeyFactory(subscription__owner=ben)
    end = in_days(1)

    for _twice in range(2):
        actions.set_key_expiry(key=key, expires_at=end, by=ben)
    with pytest.raises(ValidationError):
        actions.set_key_expiry(key=key, expires_at=in_days(-1), by=ben)
    actions.set_key_expiry(key=key, expires_at=None, by=ben)

    assert Event.objects.filter(action="key.expiry_changed").count() == 2


@pytest.mark.parametrize("way", ["ended", "expired"])
def test_an_ended_key_cannot_be_brought_back(ben, way):
    key = KeyFactory(subscription__owner=ben, expires_at=in_days(-1) if way == "expired" else None)
    if way == "ended":
        actions.end_key(key=key, by=ben)

    for expires_at in [None, in_days(1)]:
        with pytest.raises(actions.KeyHasEnded):
            actions.set_key_expiry(key=key, expires_at=expires_at, by=ben)

    key.refresh_from_db()
    assert not key.is_live
    assert not Event.objects.filter(action="key.expiry_changed").exists()


def test_use_is_noted_at_most_once_a_minute():
    key = KeyFactory()
    first = timezone.now()
    for seconds, address in [(0, "192.0.2.1"), (59, "192.0.2.2"), (61, "192.0.2.3")]:
        use = actions.KeyUse(first + timedelta(seconds=seconds), address)
        actions.note_key_uses({key.pk: use, 10**9: use})
        key.refresh_from_db()
        expected = "192.0.2.3" if seconds == 61 else "192.0.2.1"
        assert key.last_used_address == expected
    assert not Event.objects.exists()


def test_a_digest_of_an_earlier_key_is_renewed():
    key = KeyFactory(digest_key="earlier")

    actions.renew_key_digests({key.pk: "d" * 64, 10**9: "e" * 64})

    key.refresh_from_db()
    assert (key.digest, key.digest_key) == ("d" * 64, digest_key_id())
    assert not Event.objects.exists()


def test_letters_leave_thirty_and_seven_days_before_a_key_expires(ben):
    key = KeyFactory(subscription__owner=ben, expires_at=in_days(40))
    KeyFactory(expires_at=in_days(5), subscription__state=Subscription.State.SUSPENDED)
    KeyFactory(expires_at=in_days(5), replaced_at=timezone.now())
    KeyFactory()

    sent = []
    for days in [0, 11, 12, 34, 35, 41]:
        with time_machine.travel(in_days(days)):
            sent.append(actions.warn_of_expiring_keys())

    assert sent == [0, 1, 0, 1, 0, 0]
    letters = Message.objects.about(key.subscription.public_id)
    assert [letter.kind for letter in letters] == ["key_expires"] * 2
    assert {letter.to for letter in letters} == {ben.email}


def test_a_process_told_to_stop_warns_nobody_more(ben):
    KeyFactory(subscription__owner=ben, expires_at=in_days(5))

    assert actions.warn_of_expiring_keys(lambda: True) == 0
    assert warning_job.run(lambda: False).done == "1 warned"


def test_who_was_blocked_is_warned_once_active_again(ben, ada):
    KeyFactory(subscription__owner=ben, expires_at=in_days(5))
    block_user(user=ben, by=ada)
    assert actions.warn_of_expiring_keys() == 0

    activate_user(user=ben, by=ada)

    assert actions.warn_of_expiring_keys() == 1


def test_a_slot_opens_by_two_keys_at_most(ben, ada):
    first = KeyFactory(subscription__owner=ben)
    other = KeyFactory(subscription=first.subscription, slot="secondary")
    [second] = actions.regenerate_key(key=first, by=ben, overlap=timedelta(days=30))
    actions.regenerate_key(key=other, by=ben, overlap=timedelta(days=30))
    [third] = actions.regenerate_key(key=second.key, by=ben, overlap=timedelta(days=30))

    def live(slot):
        return first.subscription.keys.live().filter(slot=slot)

    assert set(live("primary")) == {second.key, third.key}
    assert live("secondary").count() == 2
    last = Event.objects.get(subject_id=third.key.public_id)
    assert last.data["ended"] == [first.masked]
    actions.import_key(subscription=first.subscription, slot="primary", value=IMPORTED, by=ada)
    assert live("primary").count() == 1


def test_a_slot_holds_one_key_in_the_database():
    key = KeyFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        KeyFactory(subscription=key.subscription)


@pytest.mark.django_db(transaction=True)
def test_regenerating_at_once_replaces_once(ben):
    key = KeyFactory(subscription__owner=ben)

    outcomes = race(*[lambda: actions.regenerate_key(key=key, by=ben)] * 8)

    assert len(refusals(outcomes, actions.KeyAlreadyReplaced)) == 7
    assert Key.objects.count() == 2
    assert Key.objects.current().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_value_at_once_have_one_winner(ada):
    first, second = SubscriptionFactory(), SubscriptionFactory()

    outcome = overtake(
        *[
            lambda row=row: actions.import_key(
                subscription=row, slot="primary", value=IMPORTED, by=ada
            )
            for row in [first, second]
        ]
    )

    assert isinstance(outcome, KeyValueTaken)


@pytest.mark.django_db(transaction=True)
def test_two_processes_warn_once(ben):
    KeyFactory(subscription__owner=ben, expires_at=in_days(5))

    assert sum(race(*[actions.warn_of_expiring_keys] * 4)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_letter_queued_after_the_look_is_not_queued_again(ben):
    key = KeyFactory(subscription__owner=ben, expires_at=in_days(5))

    assert overtake(actions.warn_of_expiring_keys, actions.warn_of_expiring_keys) == 0

    assert Message.objects.about(key.subscription.public_id).count() == 1
