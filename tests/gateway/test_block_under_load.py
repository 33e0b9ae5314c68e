"""A block, a new key: true for the next call, whatever is in flight."""

import threading
import time
from functools import partial

import pytest
from django.db import connections

from accounts.actions import block_user
from catalog import actions
from gateway.check import query
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_hundred_calls_during_a_block_and_none_passes_after_it(ask, key, ada, ben):
    """Four callers: what begins after the block has answered is refused, to the last call."""
    blocked_at = []
    calls = []

    def calling():
        left = 50
        while left:
            began = time.monotonic()
            calls.append((began, ask(key=key.plaintext).status))
            # Fifty each from the block on, on top of those before and beside it.
            left -= bool(blocked_at)
        query.close()

    def blocking():
        time.sleep(0.05)
        block_user(user=ben, by=ada)
        blocked_at.append(time.monotonic())

    outcomes = race(calling, calling, calling, calling, blocking)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    after = [status for began, status in calls if began >= blocked_at[0]]
    assert len(after) >= 200 - 4
    assert 200 in {status for _began, status in calls}
    assert set(after) == {401}


def test_a_replaced_key_never_passes_after_the_answer_and_the_new_one_always_does(ask, key, ben):
    stop = threading.Event()
    lock = threading.Lock()
    present = [key.plaintext]
    wrong = []

    def calling():
        while not stop.is_set():
            with lock:
                known = present[0]
            began = time.monotonic()
            status = ask(key=known).status
            with lock:
                # Replaced while the call was under way: either answer is right.
                if present[0] == known and status != 200:
                    wrong.append((began, status))
        query.close()

    threads = [threading.Thread(target=calling) for _caller in range(3)]
    for thread in threads:
        thread.start()
    current = key
    for _round in range(10):
        # The lock is held for the length of the operation, as a caller waits for the page.
        with lock:
            [issued] = actions.regenerate_key(key=current, by=ben)
            replaced, present[0] = present[0], issued.plaintext
        current = issued.key
        assert ask(key=replaced).status == 401
        assert ask(key=issued.plaintext).status == 200
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
    connections.close_all()

    assert wrong == []


def test_an_overlap_lets_both_pass(ask, key, ben):
    regenerate = partial(actions.regenerate_key, key=key, by=ben)

    [issued] = regenerate(overlap=actions.key_uses.USE_NOTED_EVERY)

    assert ask(key=key.plaintext).status == ask(key=issued.plaintext).status == 200
