"""Whose turn it is to count: the lock around each counter of the throttle.

allauth locks a counter by a row in the cache, and whoever does not get it asks again and again, ten
times a second. Threads of one process form a queue first, so that one at a time asks: twenty
colleagues behind one address who accept their invitations at the same moment are no attack, and
each gets a turn within the time that one took before.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core.internal import ratelimit

from base.turns import Turns

# Longer than for a hashing slot: whoever waits in vain reads that there were too many attempts.
WAIT_SECONDS = 8
_turns = Turns()
_across_processes = ratelimit.cache_lock


def install() -> None:
    """Put the queue in front of allauth's lock, which answers between processes."""
    ratelimit.CACHE_LOCK_WAIT_TIMEOUT = WAIT_SECONDS
    ratelimit.cache_lock = _lock


@contextmanager
def _lock(cache_key: str) -> Iterator[bool]:
    """True inside the lock; False for whoever waited in vain, which refuses the attempt."""
    with _turns.turn(cache_key, timeout=WAIT_SECONDS) as is_mine:
        if not is_mine:
            yield False
            return
        with _across_processes(cache_key) as is_locked:
            yield is_locked
