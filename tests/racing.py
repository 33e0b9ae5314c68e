"""Threads that start at the same moment, each with connections of its own."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connections


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
