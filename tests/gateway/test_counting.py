"""Counting: exact, in batches, and never in the way of an answer."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.actions import delete_user
from base.batches import write_many
from catalog import actions
from catalog.models import Key
from gateway import jobs
from gateway.check import calls, query, usage
from gateway.models import CallCount, Refusal
from tests.factories import KeyFactory
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def counts():
    rows = CallCount.objects.order_by("key_id", "reason").values_list("key_id", "reason", "calls")
    return [tuple(row) for row in rows]


def test_calls_are_counted_by_key_day_and_outcome(ask, key):
    for _call in range(3):
        ask(key=key.plaintext)
    ask("/other", key=key.plaintext)
    ask()

    assert usage.flush() == 5
    for _call in range(2):
        ask(key=key.plaintext)
    usage.flush()

    # The call without a key is nobody's; its refusal is found by its reference all the same.
    assert counts() == [(key.pk, "", 5), (key.pk, "no_api", 1)]
    assert Refusal.objects.count() == 2
    assert usage.flush() == 0


def test_a_day_is_a_utc_day(ask, key):
    with time_machine.travel(datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), tick=False):
        ask(key=key.plaintext)
    with time_machine.travel(datetime(2026, 11, 25, 0, 0, 1, tzinfo=UTC), tick=False):
        ask(key=key.plaintext)
    usage.flush()

    days = CallCount.objects.order_by("day").values_list("day", "calls")
    assert list(days) == [(date(2026, 11, 24), 1), (date(2026, 11, 25), 1)]


def test_threads_and_flushes_at_once_lose_nothing(ask, key):
    def calling():
        for _call in range(50):
            assert ask(key=key.plaintext).status == 200
        query.close()

    def flushing():
        return sum(usage.flush() for _time in range(20))

    outcomes = race(calling, calling, calling, calling, flushing, flushing)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    usage.flush()
    assert counts() == [(key.pk, "", 200)]


def test_two_processes_add_up(key):
    row = (key.pk, datetime.now(UTC).date(), "", 10)
    for _process in range(2):
        write_many(usage._ADD, [row])

    assert counts() == [(key.pk, "", 20)]


def test_an_address_that_a_database_does_not_take_spoils_no_batch(ask, key):
    """PostgreSQL's inet knows no zones; one such call stopped the counting of all."""
    ask(key=key.plaintext, X_FORWARDED_FOR="fe80::1%eth0")
    ask(X_FORWARDED_FOR="fe80::1%eth0")

    assert usage.flush() == 2
    key.refresh_from_db()
    assert key.last_used_address == "fe80::1"


@pytest.mark.parametrize("what", ["subscription", "user"])
def test_a_deletion_and_a_flush_never_wait_for_each_other(ask, key, ada, ben, what):
    """The flush comes when the deletion has begun and not yet reached the keys."""
    ask(key=key.plaintext)
    usage.flush()
    ask(key=key.plaintext)
    flushed = []

    def flush():
        try:
            flushed.append(usage.flush())
        except Exception as error:
            flushed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=flush)

    def pause(execute, sql, parameters, many, context):
        if sql.startswith('DELETE FROM "catalog_key"'):
            thread.start()
            # On PostgreSQL it ends meanwhile; SQLite has one writer, and it waits for us.
            thread.join(timeout=1)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(pause):
        if what == "user":
            delete_user(user=ben, by=ada)
        else:
            actions.delete_subscription(subscription=key.subscription, by=ada)
    thread.join(timeout=30)

    assert flushed == [1]
    assert not Key.objects.exists()
    jobs.purge_expired()
    assert counts() == []


def test_a_use_that_meets_a_change_of_its_key_is_noted_later(ask, key, is_sqlite):
    if is_sqlite:
        # One writer: a change is over before the flush begins.
        return
    ask(key=key.plaintext)
    with transaction.atomic():
        Key.objects.select_for_update().get(pk=key.pk)
        [flushed] = race(usage.flush)
    assert flushed == 1
    assert Key.objects.get(pk=key.pk).last_used_at is None

    ask(key=key.plaintext)
    usage.flush()

    assert Key.objects.get(pk=key.pk).last_used_at is not None


def test_refused_calls_do_not_fill_the_disk(ask, key, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_REFUSALS_KEPT", 2)
    monkeypatch.setattr(jobs, "MAX_ANONYMOUS_REFUSALS_KEPT", 1)
    key.subscription.keys.update(expires_at=timezone.now())
    known = [ask(key=key.plaintext).headers["X-Refusal-Reference"] for _call in range(3)]
    strangers = [ask().headers["X-Refusal-Reference"] for _call in range(3)]
    usage.flush()

    jobs.purge_expired()

    kept = set(Refusal.objects.values_list("reference", flat=True))
    assert kept == {*known[1:], strangers[-1]}


def test_a_key_deleted_meanwhile_spoils_no_batch(ask, key):
    other = KeyFactory(subscription=key.subscription, slot=Key.Slot.SECONDARY)
    ask(key=key.plaintext)
    ask(key=other.plaintext)
    other.delete()

    usage.flush()
    jobs.purge_expired()

    assert counts() == [(key.pk, "", 1)]


def test_while_the_database_refuses_the_notes_wait(ask, key):
    ask(key=key.plaintext)

    def refuse(execute, sql, parameters, many, context):
        if "INSERT INTO gateway_callcount" in sql:
            raise ConnectionError
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(refuse), pytest.raises(ConnectionError):
        usage.flush()
    assert counts() == []

    assert usage.flush() == 1
    assert counts() == [(key.pk, "", 1)]


def test_a_flood_is_counted_whole_and_referenced_in_part(ask, key, ada):
    key.subscription.keys.update(expires_at=timezone.now())
    for _call in range(usage.MAX_REFUSALS + 5):
        last = ask(key=key.plaintext)

    usage.flush()

    assert counts() == [(key.pk, "key_expired", usage.MAX_REFUSALS + 5)]
    assert Refusal.objects.count() == usage.MAX_REFUSALS
    assert calls.find_refusal(last.headers["X-Refusal-Reference"].lower()) is not None


def test_a_flood_without_keys_pushes_out_no_reference_of_a_key(ask, key, ada):
    key.subscription.keys.update(expires_at=timezone.now())
    mine = ask(key=key.plaintext).headers["X-Refusal-Reference"]
    for _call in range(usage.MAX_REFUSALS + 5):
        last = ask().headers["X-Refusal-Reference"]

    usage.flush()

    assert calls.find_refusal(mine) is not None
    assert calls.find_refusal(last) is not None
    assert Refusal.objects.count() == usage.MAX_ANONYMOUS_REFUSALS + 1


def test_use_of_key_and_gateway_is_noted(ask, key, gateway):
    ask(key=key.plaintext, X_FORWARDED_FOR="198.51.100.7")
    usage.flush()

    key.refresh_from_db()
    gateway.refresh_from_db()
    assert key.last_used_address == "198.51.100.7"
    assert key.last_used_at == gateway.last_asked_at
    ask(key=key.plaintext)
    usage.flush()
    first = gateway.last_asked_at
    gateway.refresh_from_db()
    assert gateway.last_asked_at == first


def test_a_use_within_the_minute_costs_no_statement(ask, key):
    ask(key=key.plaintext)
    usage.flush()
    statements = []

    def watch(execute, sql, parameters, many, context):
        statements.append(sql)
        return execute(sql, parameters, many, context)

    ask(key=key.plaintext)
    with connection.execute_wrapper(watch):
        usage.flush()

    assert not [sql for sql in statements if "UPDATE catalog_key" in sql]
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        ask(key=key.plaintext)
        with connection.execute_wrapper(watch):
            usage.flush()
    assert [sql for sql in statements if "UPDATE catalog_key" in sql]


def test_a_refused_call_is_no_use(ask, key):
    ask("/other", key=key.plaintext)
    usage.flush()

    key.refresh_from_db()
    assert key.last_used_at is None


def test_refusals_are_forgotten_after_a_week(ask, key, ben):
    ask()
    usage.flush()

    jobs.purge_expired()
    assert Refusal.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        jobs.purge_expired()

    assert not Refusal.objects.exists()


def test_reading_the_counts(ask, key, ben, django_assert_num_queries):
    today = datetime.now(UTC).date()
    for ago, reason, number in [(0, "", 5), (0, "key_expired", 2), (6, "", 7), (7, "", 100)]:
        CallCount.objects.create(
            key=key, day=today - timedelta(days=ago), reason=reason, calls=number
        )
    expected = calls.Calls(today=5, week=12, refused_today=2, refused_week=2)

    with django_assert_num_queries(1):
        assert calls.calls_of_keys([key.pk, 0]) == {key.pk: expected}
    assert calls.calls_of_subscriptions([key.subscription_id]) == {key.subscription_id: expected}
    assert calls.calls_of_user(ben) == expected
    assert calls.calls_of_everybody() == expected
    days = calls.daily_calls(key.subscription, days=8)
    assert [(day.passed, day.refused) for day in days] == [
        *[(100, 0), (7, 0)],
        *[(0, 0)] * 5,
        (5, 2),
    ]


def test_the_first_refusal_since_a_moment(ask, key, ben, ada):
    moment = timezone.now()
    assert calls.first_refusal_since(ben, moment) is None
    first, _second = [ask("/other", key=key.plaintext) for _call in range(2)]
    usage.flush()

    found = calls.first_refusal_since(ben, moment)

    assert found.reference == first.headers["X-Refusal-Reference"]
    assert calls.calls_of_user(ada) == calls.Calls()
    assert calls.find_refusal("0000-0000-0000") is None
