"""Answers that take as long for everybody, so that time does not tell which address is known."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

# Longer than sending a link ever takes.
MIN_SECONDS = 0.5


@contextmanager
def same_time_for_all() -> Iterator[None]:
    """Return MIN_SECONDS after the beginning at the earliest, unless an error ends the block."""
    began = monotonic()
    yield
    sleep(max(0, began + MIN_SECONDS - monotonic()))
