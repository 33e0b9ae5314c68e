"""The inline courier: a thread of the web process that sends letters right after the commit.

It holds nothing that matters: the letters are rows, and every claim is a lease, so couriers of
other processes and the worker may run beside it, and a process that dies loses nothing.
"""

import atexit
import logging
import os
import threading
from datetime import UTC, datetime

from django.conf import settings
from django.db import connections

from mail import delivery

logger = logging.getLogger(__name__)

# Letters queued by another process (a management command) are noticed after this at the latest.
LONGEST_SLEEP = 60.0
# How long a stopping process waits for the letter in hand.
FAREWELL = 5.0


class Courier:
    """One per process. The thread exists from the first ``wake`` on, never in the worker."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = 0

    def wake(self) -> None:
        """Look for due letters now. Returns at once; quiet unless delivery is inline."""
        if settings.MAIL_DELIVERY != "inline":
            return
        with self._starting:
            if not self._is_running():
                self._start()
        self._bell.set()

    def stop(self) -> None:
        """Let the thread end after the letter in hand; called when the process ends."""
        atexit.unregister(self.stop)
        self._stopping.set()
        self._bell.set()
        if self._is_running() and self._thread is not None:
            self._thread.join(FAREWELL)

    def _is_running(self) -> bool:
        # A forked child inherits this object but no thread.
        forked = self._process != os.getpid()
        return self._thread is not None and self._thread.is_alive() and not forked

    def _start(self) -> None:
        # New bells too: a fork may have copied theirs in any state.
        self._bell, self._stopping = threading.Event(), threading.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Cleared before looking: a letter queued while we look rings again.
            self._bell.clear()
            self._bell.wait(self._deliver())

    def _deliver(self) -> float:
        """Send everything due; returns how many seconds may be slept."""
        try:
            while delivery.deliver_due(stop=self._stopping.is_set):
                pass
            return _seconds_until(delivery.next_due())
        except Exception:
            # The database may be away. Nothing is lost: the letters wait in it.
            logger.exception("Letters could not be delivered; trying again in a minute.")
            return LONGEST_SLEEP
        finally:
            connections.close_all()


def _seconds_until(moment: datetime | None) -> float:
    if moment is None:
        return LONGEST_SLEEP
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.05), LONGEST_SLEEP)


courier = Courier()
