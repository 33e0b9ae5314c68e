"""Looks once an hour for keys that expire soon, and writes to their owners."""

from base.jobs import Job, JobResult, Stop, register
from catalog.actions import warn_of_expiring_keys
from mail.outbox import bulk_mail

WARN_EVERY = 3600.0


def _warn(stop: Stop) -> JobResult:
    with bulk_mail():
        warned = warn_of_expiring_keys(stop)
    return JobResult(WARN_EVERY, f"{warned} warned" if warned else "")


warning_job = register(Job("warn-expiring-keys", _warn))
