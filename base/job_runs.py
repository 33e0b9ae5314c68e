"""When each job last ran, and what came of it: for ``manage.py jobs``, which asks from another process.

A run that found nothing to do is noted once a minute, whoever ran it: processes that only look,
every second or five, write next to nothing.
"""

import time
from datetime import timedelta

from django.db import Error
from django.db.models import CharField
from django.utils import timezone

from base.models import JobRun

NOTED_EVERY = timedelta(minutes=1)
# When this process last noted a job or found it noted, and with which error.
_noted: dict[str, tuple[float, str]] = {}


def note_run(name: str, *, pause: float, done: str = "", error: str = "") -> None:
    """Note a run that has just ended; ``done`` is what it did, empty where nothing was due.

    That it cannot be noted is no reason to stop the work.
    """
    done, error = _fitting("done", done), _fitting("error", error)
    try:
        if done or not _is_noted(name, error):
            _write(name, pause, done, error)
            _noted[name] = time.monotonic(), error
    except Error:
        _noted.pop(name, None)


def forget() -> None:
    """Forget what this process noted: for tests."""
    _noted.clear()


def _is_noted(name: str, error: str) -> bool:
    """Whether the same was noted within the minute, here or by another process."""
    every = NOTED_EVERY.total_seconds()
    noted_at, noted_error = _noted.get(name, (0.0, ""))
    if noted_at and noted_error == error and time.monotonic() - noted_at < every:
        return True
    row = JobRun.objects.filter(name=name).first()
    age = (timezone.now() - row.ended_at).total_seconds() if row else every
    if row is None or row.error != error or not 0 <= age < every:
        return False
    _noted[name] = time.monotonic() - age, error
    return True


def _write(name: str, pause: float, done: str, error: str) -> None:
    """In one statement, which any number of processes may run at once."""
    now = timezone.now()
    run = JobRun(name=name, ended_at=now, due_at=now + timedelta(seconds=pause), error=error)
    changing = ["ended_at", "due_at", "error"]
    if done:
        run.worked_at, run.done = now, done
        changing += ["worked_at", "done"]
    JobRun.objects.bulk_create(
        [run], update_conflicts=True, unique_fields=["name"], update_fields=changing
    )


def _fitting(field: str, words: str) -> str:
    column = JobRun._meta.get_field(field)
    assert isinstance(column, CharField)  # noqa: S101 - see the model
    return " ".join(words.split())[: column.max_length]
