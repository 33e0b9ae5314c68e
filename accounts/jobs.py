"""Expired sessions are refused by time; this deletes their rows, once an hour."""

from accounts.models import Session
from base.batches import delete_in_batches
from base.jobs import Job, JobResult, Stop, register

PURGE_EVERY = 3600.0


def purge_sessions(stop: Stop = lambda: False) -> int:
    """Delete the rows of expired sessions; returns how many."""
    return delete_in_batches(Session.objects.expired(), stop)


def _purge(stop: Stop) -> JobResult:
    purged = purge_sessions(stop)
    return JobResult(PURGE_EVERY, f"{purged} sessions deleted" if purged else "")


purge_job = register(Job("purge-sessions", _purge))
