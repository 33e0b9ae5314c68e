"""The throttle's table: one statement a write, expired rows go, live counters stay."""

import logging
from datetime import timedelta

import pytest
import time_machine
from allauth.core import ratelimit
from django.core.cache import caches
from django.db import DatabaseError, connections
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from base import throttle
from tests.mail.conftest import hidden
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def cache():
    return caches["default"]


@pytest.fixture
def database(settings):
    return connections[settings.CACHE_DATABASE]


@pytest.fixture
def post(rf: RequestFactory):
    return rf.post("/sign-in/")


def count_rows(database) -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM base_cache")
        return cursor.fetchone()[0]


def statements_of(database, operation) -> list[str]:
    with CaptureQueriesContext(database) as captured:
        operation()
    return [query["sql"] for query in captured]


def test_one_attempt_costs_four_statements_by_key_and_counts_no_rows(database, post):
    def consume():
        assert ratelimit.consume(post, action="login_ip", key="192.0.2.1")

    consume()

    statements = statements_of(database, consume)

    assert [sql.split()[0] for sql in statements] == ["INSERT", "SELECT", "INSERT", "DELETE"]
    assert not [sql for sql in statements if "COUNT(" in sql.upper()]
    assert all("cache_key" in sql for sql in statements)


def test_set_add_get_and_touch_are_those_of_djangos_cache(cache):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        assert cache.add("key", [1.5], 60)
        assert not cache.add("key", [2.5], 60)
        assert cache.get("key") == [1.5]
        cache.set("key", [3.5], 60)
        assert cache.get("key") == [3.5]
        assert not cache.touch("other", 60)
        assert cache.touch("key", 90)
        clock.shift(timedelta(seconds=89))
        assert cache.get("key") == [3.5]
        clock.shift(timedelta(seconds=3))
        assert not cache.touch("key", 90)
        assert cache.add("key", [4.5], 60)
        assert cache.get("key") == [4.5]
        cache.set("always", 1, None)
        assert cache.get("always") == 1


def test_a_counter_lives_no_moment_less_than_its_limit_says(cache):
    with time_machine.travel(timezone.now().replace(microsecond=900_000), tick=False) as clock:
        cache.set("key", [1.0], 10)
        clock.shift(timedelta(seconds=9.99))
        assert cache.get("key") == [1.0]


@pytest.mark.django_db(transaction=True)
def test_a_counter_that_cannot_be_written_is_no_free_attempt(cache, settings):
    with hidden("base_cache", settings.CACHE_DATABASE):
        with pytest.raises(DatabaseError):
            cache.set("key", [1.0], 60)
        with pytest.raises(DatabaseError):
            cache.add("key", True, 10)


@pytest.mark.django_db(transaction=True)
def test_of_ten_that_find_the_same_expired_lock_one_has_it(cache):
    for round_ in range(5):
        key = f"lock-{round_}"
        cache.set(key, True, -60)

        outcomes = race(*[lambda key=key: caches["default"].add(key, True, 10)] * 10)

        assert sorted(outcomes) == [False] * 9 + [True]


def test_expired_rows_go_in_batches_and_live_ones_stay(cache, database, monkeypatch):
    monkeypatch.setattr(throttle, "PURGE_BATCH", 3)
    for number in range(10):
        cache.set(f"expired-{number}", [1.0], -60)
        cache.set(f"live-{number}", [1.0], 60)

    statements = statements_of(database, cache.purge_expired)

    assert count_rows(database) == 10
    assert [sql.split()[0] for sql in statements] == ["DELETE"] * 4
    assert all(cache.get(f"live-{number}") for number in range(10))


def test_a_batch_keeps_its_limit_whatever_the_plan(cache, database, monkeypatch):
    """Seen once: PostgreSQL planned a nested loop, and asked for the rows of a batch again and again."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            for way in ["hashjoin", "mergejoin", "hashagg", "sort", "material"]:
                cursor.execute(f"SET LOCAL enable_{way} = off")
    monkeypatch.setattr(throttle, "PURGE_BATCH", 3)
    for number in range(10):
        cache.set(f"expired-{number}", [1.0], -60)

    assert len(statements_of(database, cache.purge_expired)) == 4


def test_purging_stops_when_told_to(cache, database, monkeypatch):
    monkeypatch.setattr(throttle, "PURGE_BATCH", 3)
    for number in range(10):
        cache.set(f"expired-{number}", [1.0], -60)
    asked = []

    assert cache.purge_expired(lambda: len(asked) > 1 or bool(asked.append(1))) == 6

    assert count_rows(database) == 4


@pytest.mark.django_db(transaction=True)
def test_purging_never_takes_a_row_that_came_back_to_life(cache):
    for round_ in range(5):
        keys = [f"{round_}-{number}" for number in range(30)]
        for key in keys:
            cache.set(key, [1.0], -60)

        def count_again(keys=keys):
            for key in keys:
                caches["default"].set(key, [2.0], 60)

        def purge():
            return caches["default"].purge_expired()

        outcomes = race(count_again, purge, purge)

        assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
        assert cache.get_many(keys) == {key: [2.0] for key in keys}


def test_beyond_the_limit_the_counters_of_fewest_attempts_go_and_a_guessers_stays(
    cache, database, monkeypatch, caplog
):
    monkeypatch.setattr(cache, "_max_entries", 50)
    cache.set("a-guesser", [float(number) for number in range(5)], 300)
    cache.set("a-guesser:lock", True, 10)
    # Flooded later, with keys before and after it, that would live longer.
    for number in range(40):
        cache.set(f"0-flood-{number}", [1.0], 30 * 24 * 3600)
        cache.set(f"z-flood-{number}", [1.0], 30 * 24 * 3600)
        cache.set(f"0-expired-{number}", [1.0], -60)

    cache.purge_expired()
    assert count_rows(database) == 82
    with caplog.at_level(logging.WARNING):
        assert cache.evict_beyond_limit() == 32

    assert count_rows(database) == 50
    assert len(cache.get("a-guesser")) == 5
    assert cache.get("a-guesser:lock") is True
    assert "32 counters of few attempts were dropped" in caplog.text
    assert cache.evict_beyond_limit() == 0


def test_no_write_throws_anything_away(cache, database, monkeypatch):
    monkeypatch.setattr(cache, "_max_entries", 5)
    for number in range(20):
        cache.set(f"key-{number}", [1.0], 60)

    assert count_rows(database) == 20


def test_the_job_purges_each_minute_and_counts_seldom(cache, database, monkeypatch):
    monkeypatch.setattr(throttle, "_counted_at", 0.0)
    cache.set("expired", [1.0], -60)

    first = statements_of(database, throttle.purge)
    second = statements_of(database, throttle.purge)

    assert count_rows(database) == 0
    assert sum("COUNT" in sql for sql in first) == 1
    assert sum("COUNT" in sql for sql in second) == 0
    assert throttle.purge().pause == 60


def test_purging_reads_by_the_index(database):
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute(
                "EXPLAIN QUERY PLAN SELECT cache_key FROM base_cache"
                " WHERE expires < '2026-01-01' ORDER BY expires LIMIT 2000"
            )
        else:
            # The table of a test is too small to bother.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(
                "EXPLAIN SELECT cache_key FROM base_cache WHERE expires < '2026-01-01'"
                " ORDER BY expires LIMIT 2000 FOR UPDATE SKIP LOCKED"
            )
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "base_cache_expires" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
