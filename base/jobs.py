"""Work behind the pages: emails, imports, reminders, purges, each in a thread of its own.

Each room that has some says so in its ``jobs.py``; whoever makes a ``Job`` there registers it.

A job holds nothing that matters: what is due stands in rows, and every claim of a row is a lease or
a conditional update, so the same job may run in many processes at once, and a process that dies
loses nothing. Where ``APIM_BACKGROUND`` is ``inline`` the threads live in the web processes,
where it is ``worker`` in ``manage.py work``.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, close_old_connections, connections

from base.job_runs import note_run

logger = logging.getLogger(__name__)

MAX_SLEEP = 3600.0
# Nobody can wake a worker: it looks, which costs one or two indexed reads. Not LISTEN and NOTIFY,
# which SQLite does not have and PgBouncer does not pass on.
POLL_IN_WORKER = 1.0
# A web process is woken by its own commits; it looks for what a process that died left behind.
POLL_INLINE = 5.0
# A connection is kept for the next look if that comes this soon.
KEEP_CONNECTION = 10.0
# While the database does not answer: 1, 2, 4, 5, 5 ... seconds.
MAX_RETRY_PAUSE = 5.0
# After a fault of our own, which will not go away by itself.
RETRY_AFTER_FAULT = 60.0
FAILURE_LOGGED_EVERY = 60.0
# How long a stopping process waits for the piece in hand.
SHUTDOWN_TIMEOUT = 5.0

Stop = Callable[[], bool]


class JobResult(NamedTuple):
    """What came of a run."""

    # Seconds until the next; 0: there is more to do.
    pause: float
    # What it did, for example "12 sent, 1 failed"; empty where nothing was due.
    done: str = ""


class Job:
    """One per process and kind of work. The thread exists from the first ``wake`` on.

    ``run`` does a bounded piece of what is due and says how long it may sleep then. It is told
    through its argument, asked between rows, when to stop. Several processes may run it at once.
    """

    def __init__(self, name: str, run: Callable[[Stop], JobResult]) -> None:
        self.name = name
        self.run = run
        self.max_sleep = MAX_SLEEP
        self._starting = threading.Lock()
        self._wake_event = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._failures = FailureLog(logger, name)

    def wake(self) -> None:
        """Look for due work now. Returns at once; quiet where a worker does it."""
        if settings.BACKGROUND == "inline":
            self.start()

    def start(self) -> None:
        """As ``wake``, in the worker too."""
        with self._starting:
            if not self._is_running():
                self._start()
        self._wake_event.set()

    def run_once(self, stop: Stop) -> float:
        """Do a piece, note what came of it, and return how long to sleep. Raises what it raises."""
        try:
            pause, done = self.run(stop)
        except (OperationalError, InterfaceError):
            # The database that would note it is away.
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            note_run(self.name, pause=RETRY_AFTER_FAULT, error=words)
            raise
        pause = min(max(pause, 0.0), self.max_sleep)
        note_run(self.name, pause=pause, done=done)
        return pause

    def ask_to_stop(self) -> None:
        """Let the thread end after the piece in hand, without waiting for it."""
        atexit.unregister(self.stop)
        self._stopping.set()
        self._wake_event.set()

    def stop(self, timeout: float = SHUTDOWN_TIMEOUT) -> None:
        """As ``ask_to_stop``, and wait for the end; called when the process ends."""
        self.ask_to_stop()
        if self._is_running() and self._thread is not None:
            self._thread.join(timeout)

    def _is_running(self) -> bool:
        # A forked child inherits this object but no thread.
        forked = self._process != os.getpid()
        return self._thread is not None and self._thread.is_alive() and not forked

    def _start(self) -> None:
        # New bells too: a fork may have copied theirs in any state.
        self._wake_event, self._stopping = threading.Event(), threading.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                # Cleared before looking: work put in while we look rings again.
                self._wake_event.clear()
                pause, has_failed = self._piece()
                # A database that fails is left alone for the whole pause, whoever rings.
                (self._stopping if has_failed else self._wake_event).wait(pause)
        finally:
            connections.close_all()

    def _piece(self) -> tuple[float, bool]:
        """Do a piece; how long to pause then, and whether it failed."""
        pause = MAX_SLEEP
        try:
            close_old_connections()
            pause = self.run_once(self._stopping.is_set)
        except Exception as error:
            pause = self._failures.note(error)
            return pause, True
        else:
            self._failures.end()
            return pause, False
        finally:
            if pause > KEEP_CONNECTION or self._failures.count:
                connections.close_all()


class FailureLog:
    """Says once a minute that a piece of work fails, and how soon to try again.

    A database that is away is one line for all the work of a process, anything else a traceback.
    Nothing is lost meanwhile: the work waits in the database.
    """

    # When the process last said that the database is away.
    _said_at = 0.0
    _saying = threading.Lock()

    def __init__(self, log: logging.Logger, name: str) -> None:
        self._log = log
        self._name = name
        self._logged_at = 0.0
        self.count = 0

    def note(self, error: Exception) -> float:
        """Log it unless that was done within the minute; the seconds to pause."""
        self.count += 1
        if isinstance(error, OperationalError | InterfaceError):
            with FailureLog._saying:
                is_time, FailureLog._said_at = _is_time(FailureLog._said_at)
            if is_time:
                reason = " ".join(str(error).split()) or type(error).__name__
                self._log.error("%s: the database does not answer: %s", self._name, reason)
        else:
            is_time, self._logged_at = _is_time(self._logged_at)
            if is_time:
                self._log.error("%s failed and will try again.", self._name, exc_info=error)
        if isinstance(error, Error):
            return min(2.0 ** min(self.count - 1, 10), MAX_RETRY_PAUSE)
        return RETRY_AFTER_FAULT

    def end(self) -> None:
        """It works. No-op if it did before."""
        if self.count:
            self._log.info("%s works again after %d failures.", self._name, self.count)
            self.count = 0


def _is_time(logged_at: float) -> tuple[bool, float]:
    """Whether to log again, and when it was logged last then."""
    now = time.monotonic()
    is_time = not logged_at or now - logged_at >= FAILURE_LOGGED_EVERY
    return is_time, now if is_time else logged_at


def poll_interval() -> float:
    """Seconds until a job that found nothing looks again."""
    return POLL_IN_WORKER if settings.BACKGROUND == "worker" else POLL_INLINE


_jobs: list[Job] = []


def register(job: Job) -> Job:
    """Make a job known; called once, where the job is made."""
    _jobs.append(job)
    return job


def all_jobs() -> list[Job]:
    """Every registered job."""
    return list(_jobs)
