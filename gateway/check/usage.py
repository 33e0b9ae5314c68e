"""Counting calls without slowing them: noted in memory, written in batches once a second.

What is promised (docs/check.md): a process that stops in order writes everything; one that is
killed (kill -9, power) loses at most what it noted since its last flush, about a second of calls.
Nothing here can slow or fail an answer: while the database is away what was noted waits, added up
by key, so that it never grows beyond the number of keys.
"""

import atexit
import logging
import os
import threading
from collections import Counter, deque
from datetime import date, datetime, timedelta
from multiprocessing import util
from typing import NamedTuple

from django.db import close_old_connections, connections, transaction

from base.batches import write_many
from base.jobs import FailureLog
from catalog.actions import (
    KeyUse,
    note_key_uses,
    renew_key_digests,
)
from catalog.actions.key_uses import USE_NOTED_EVERY
from gateway.check.query import Answer, Renewal
from gateway.models import Gateway, Refusal
from gateway.registry.actions import renew_secret_digests

logger = logging.getLogger("gateway.counting")

FLUSH_EVERY = 1.0
# What may wait for the next flush, if it does not come: then the oldest go.
MAX_NOTES = 200_000
# A flood of refused calls keeps this many references a flush; those of known keys are all counted.
MAX_REFUSALS = 1_000
# And this many of calls without a known key, which anybody can make: they push out no others.
MAX_ANONYMOUS_REFUSALS = 200
ASKED_NOTED_EVERY = timedelta(minutes=1)
# How long a stopping process waits for its last flush.
SHUTDOWN_TIMEOUT = 5.0

_ADD = {
    vendor: f"""
INSERT INTO gateway_callcount (key_id, day, reason, calls) {rows}
ON CONFLICT (key_id, day, reason) DO UPDATE SET calls = gateway_callcount.calls + excluded.calls
"""
    for vendor, rows in {
        "sqlite": "VALUES (%s, %s, %s, %s)",
        "postgresql": "SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[])",
    }.items()
}


class Refused(NamedTuple):
    """What is kept of a refused call beside its count."""

    reference: str
    method: str
    path: str
    api_pk: int
    user_pk: int


class Note(NamedTuple):
    """One decided call. ``reason`` is empty for one that passed."""

    key_pk: int
    reason: str
    gateway_pk: int
    at: datetime
    address: str | None
    renewal: Renewal | None
    refused: Refused | None


class Batch:
    """Notes added up: what the next flush writes."""

    def __init__(self) -> None:
        self.noted = 0
        self.calls: Counter[tuple[int, date, str]] = Counter()
        self.uses: dict[int, KeyUse] = {}
        # New digests by number of the row, whether the call passed or not: it proved the secret.
        self.key_digests: dict[int, str] = {}
        self.secret_digests: dict[int, str] = {}
        self.asked: dict[int, datetime] = {}
        self.refused: deque[Note] = deque(maxlen=MAX_REFUSALS)
        self.anonymous: deque[Note] = deque(maxlen=MAX_ANONYMOUS_REFUSALS)

    def add(self, note: Note) -> None:
        self.noted += 1
        written = _asked_written.get(note.gateway_pk)
        if note.gateway_pk and _is_long_ago(written, note.at, ASKED_NOTED_EVERY):
            self.asked[note.gateway_pk] = note.at
        if note.renewal is not None:
            self._renew(note.key_pk, note.renewal)
        if note.key_pk:
            self.calls[note.key_pk, note.at.date(), note.reason] += 1
            if not note.reason and _is_due(note):
                self.uses[note.key_pk] = KeyUse(note.at, note.address)
        if note.refused is not None:
            (self.refused if note.key_pk else self.anonymous).append(note)

    def _renew(self, key_pk: int, renewal: Renewal) -> None:
        if renewal.key_digest:
            self.key_digests[key_pk] = renewal.key_digest
        if renewal.secret_digest:
            self.secret_digests[renewal.secret_pk] = renewal.secret_digest


_notes: deque[Note] = deque(maxlen=MAX_NOTES)
_batch = Batch()
_flushing = threading.Lock()
# When this process last wrote that a key was used or that a gateway asked: the statement that would
# change nothing costs more than the call itself. The row has the last word between processes.
_uses_written: dict[int, datetime] = {}
_asked_written: dict[int, datetime] = {}


def count_passed(answer: Answer, *, at: datetime, address: str | None) -> None:
    """Note a call that passed."""
    _notes.append(Note(answer.key_pk, "", answer.gateway_pk, at, address, answer.renewal, None))
    flusher.check_alive()


def count_refused(
    answer: Answer, *, at: datetime, address: str | None, reference: str, method: str, path: str
) -> None:
    """Note a refused call under the reference that its caller reads."""
    refused = Refused(reference, method, path, answer.api_pk, answer.user_pk)
    reason = str(answer.reason or "")
    _notes.append(
        Note(answer.key_pk, reason, answer.gateway_pk, at, address, answer.renewal, refused)
    )
    flusher.check_alive()


def forget() -> None:
    """Forget what was noted and not written, and what was written when: for tests."""
    global _batch  # noqa: PLW0603
    _notes.clear()
    _batch = Batch()
    _uses_written.clear()
    _asked_written.clear()


def flush() -> int:
    """Write what was noted; the number of calls written. Raises what the database raises, and
    then keeps them for the next flush."""
    global _batch  # noqa: PLW0603
    with _flushing:
        for _waiting in range(len(_notes)):
            _batch.add(_notes.popleft())
        written = _batch
        if not written.noted:
            return 0
        with transaction.atomic():
            used = _write(written)
        _batch = Batch()
        if len(_uses_written) > MAX_NOTES:
            _uses_written.clear()
        _uses_written.update(used)
        _asked_written.update(written.asked)
    return written.noted


def _write(batch: Batch) -> dict[int, datetime]:
    """Returns the keys whose use was written, with the moment."""
    # In one order, so that two processes never wait for each other.
    rows = [(*counted, number) for counted, number in sorted(batch.calls.items())]
    write_many(_ADD, rows)
    noted = note_key_uses(batch.uses)
    for pk, at in sorted(batch.asked.items()):
        Gateway.objects.filter(pk=pk).exclude(last_asked_at__gt=at - ASKED_NOTED_EVERY).update(
            last_asked_at=at
        )
    renew_key_digests(batch.key_digests)
    renew_secret_digests(batch.secret_digests)
    refused = [_refusal(note) for note in [*batch.refused, *batch.anonymous]]
    Refusal.objects.bulk_create(refused, ignore_conflicts=True)
    return {pk: batch.uses[pk].at for pk in noted}


def _is_due(note: Note) -> bool:
    return _is_long_ago(_uses_written.get(note.key_pk), note.at, USE_NOTED_EVERY)


def _is_long_ago(written: datetime | None, at: datetime, every: timedelta) -> bool:
    return written is None or at - written >= every


def _refusal(note: Note) -> Refusal:
    assert note.refused is not None  # noqa: S101 - Batch keeps no others
    return Refusal(
        reference=note.refused.reference,
        at=note.at,
        reason=note.reason,
        method=note.refused.method,
        path=note.refused.path[:500],
        address=note.address,
        gateway_pk=note.gateway_pk,
        api_pk=note.refused.api_pk,
        key_pk=note.key_pk,
        user_pk=note.refused.user_pk,
    )


class Flusher:
    """The thread that writes; one per process, from ``start`` on. Tests flush by hand."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._failures = FailureLog(logger, "Counting calls")

    def start(self) -> None:
        """Begin to write once a second; quiet while it does."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counting", daemon=True)
        self._thread.start()
        # Server workers are children of multiprocessing, which end without atexit.
        atexit.register(self.stop)
        util.Finalize(None, self.stop, exitpriority=10)

    def check_alive(self) -> None:
        """Start again in a forked child, which inherits the notes' module but no thread."""
        if self._process and self._process != os.getpid():
            self.start()

    def stop(self) -> None:
        """Write what is left and end; called when the process ends."""
        self._stopping.set()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(SHUTDOWN_TIMEOUT)

    def _run(self) -> None:
        while True:
            ending = self._stopping.wait(FLUSH_EVERY)
            try:
                close_old_connections()
                flush()
                self._failures.end()
            except Exception as error:
                # The database may be away. The notes wait in memory, for another second.
                self._failures.note(error)
                connections.close_all()
            if ending:
                connections.close_all()
                return


flusher = Flusher()
