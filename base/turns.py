"""Threads of one process that want the same thing, one after the other."""

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A queue for each key. Keys share queues now and then, which costs a little waiting."""

    def __init__(self, *, queues: int = 64) -> None:
        self._locks = [threading.Lock() for _number in range(queues)]

    @contextmanager
    def turn(self, key: str, *, timeout: float) -> Iterator[bool]:
        """True when it is this thread's turn, for as long as the block lasts; False if it waited in vain."""
        lock = self._locks[zlib.crc32(key.encode()) % len(self._locks)]
        if not lock.acquire(timeout=timeout):
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
