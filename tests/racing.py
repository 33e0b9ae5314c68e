"""Threads that start at the same moment, each with connections of its own."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, connections, transaction


def race(*operations: Callable[[], Any]) -> list[Any]:
    """Run the operations at once; what each returned or raised, in their order."""
    barrier = threading.Barrier(len(operations))
    outcomes: list[Any] = [None] * len(operations)

    def run(index: int, operation: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=30)
            outcomes[index] = operation()
        except Exception as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(index, operation))
        for index, operation in enumerate(operations)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def refusals(outcomes: Iterable[Any], kind: type[Exception]) -> list[Exception]:
    """The outcomes that are refusals of this kind; anything else raised fails the test."""
    raised = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    unexpected = [error for error in raised if not isinstance(error, kind)]
    assert not unexpected, unexpected
    return raised


def overtake(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What ``second`` returned or raised when it looked before ``first`` committed.

    The moment that racing threads only meet by chance: ``first`` has written, ``second`` saw
    nothing of it yet and waits for the row, then ``first`` commits.
    """
    return overtake_all(first, second)[0]


def overtake_all(first: Callable[[], Any], *others: Callable[[], Any]) -> list[Any]:
    """As ``overtake``, with several that wait at once; what each returned or raised."""
    outcomes: list[Any] = [None] * len(others)

    def run(index: int) -> None:
        try:
            outcomes[index] = others[index]()
        except Exception as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(others))]
    with transaction.atomic():
        first()
        for thread in threads:
            thread.start()
        _until_they_wait(threads)
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def _until_they_wait(threads: Iterable[threading.Thread]) -> None:
    waiting = list(threads)
    deadline = time.monotonic() + 4
    while any(thread.is_alive() for thread in waiting) and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = sum(thread.is_alive() for thread in waiting)
        if connection.vendor == "postgresql" and _who_wait() >= alive:
            return
        if connection.vendor == "sqlite" and time.monotonic() > deadline - 3.5:
            # They wait at BEGIN IMMEDIATE, which no query shows.
            return


def _who_wait() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        return cursor.fetchone()[0]
