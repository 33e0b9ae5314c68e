"""Work behind the pages: letters, imports, reminders, each in a thread of its own.

A job holds nothing that matters: what is due stands in rows, and every claim of a row is a lease or
a conditional update, so the same job may run in many processes at once, and a process that dies
loses nothing. Where ``APIM_MAIL_DELIVERY`` is ``inline`` the threads live in the web processes,
where it is ``worker`` in ``manage.py work``.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)

# Work put in by another process (a management command) is noticed after this at the latest.
LONGEST_SLEEP = 60.0
# How long a stopping process waits for the piece in hand.
FAREWELL = 5.0

Stop = Callable[[], bool]


class Job:
    """One per process and kind of work. The thread exists from the first ``wake`` on.

    ``run`` does a bounded piece of what is due and returns how many seconds it may sleep then
    (0: there is more). It is told through its argument, asked between rows, when to stop.
    """

    def __init__(self, name: str, run: Callable[[Stop], float]) -> None:
        self.name = name
        self.run = run
        self._starting = threading.Lock()
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = 0

    def wake(self) -> None:
        """Look for due work now. Returns at once; quiet where a worker does it."""
        if settings.MAIL_DELIVERY == "inline":
            self.start()

    def start(self) -> None:
        """As ``wake``, in the worker too."""
        with self._starting:
            if not self._is_running():
                self._start()
        self._bell.set()

    def stop(self, farewell: float = FAREWELL) -> None:
        """Let the thread end after the piece in hand; called when the process ends."""
        atexit.unregister(self.stop)
        self._stopping.set()
        self._bell.set()
        if self._is_running() and self._thread is not None:
            self._thread.join(farewell)

    def _is_running(self) -> bool:
        # A forked child inherits this object but no thread.
        forked = self._process != os.getpid()
        return self._thread is not None and self._thread.is_alive() and not forked

    def _start(self) -> None:
        # New bells too: a fork may have copied theirs in any state.
        self._bell, self._stopping = threading.Event(), threading.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def _work(self) -> None:
        while not self._stopping.is_set():
            # Cleared before looking: work put in while we look rings again.
            self._bell.clear()
            self._bell.wait(self._piece())

    def _piece(self) -> float:
        try:
            return min(max(self.run(self._stopping.is_set), 0.0), LONGEST_SLEEP)
        except Exception:
            # The database may be away. Nothing is lost: the work waits in it.
            logger.exception("%s could not go on; trying again in a minute.", self.name)
            return LONGEST_SLEEP
        finally:
            connections.close_all()


def seconds_until(moment: datetime | None) -> float:
    """How long may be slept before ``moment``; None is never."""
    if moment is None:
        return LONGEST_SLEEP
    return max((moment - datetime.now(UTC)).total_seconds(), 0.05)


_jobs: list[Job] = []


def register(job: Job) -> Job:
    """Make a job known; called once, where the job is made."""
    _jobs.append(job)
    return job


def all_jobs() -> list[Job]:
    """Every registered job."""
    return list(_jobs)
