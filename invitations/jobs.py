"""Looks once a minute for reminders that are due and for invitations that ended unused."""

from base.jobs import Job, JobResult, Stop, register
from invitations.actions import remind_invited, tell_of_unused
from mail.outbox import bulk_mail

REMIND_EVERY = 60.0


def _remind(stop: Stop) -> JobResult:
    reminded = told = 0
    with bulk_mail():
        while not stop() and (sent := remind_invited()):
            reminded += sent
        if not stop():
            told = tell_of_unused()
    done = [
        *([f"{reminded} reminded"] if reminded else []),
        *([f"{told} told of unused invitations"] if told else []),
    ]
    return JobResult(REMIND_EVERY, ", ".join(done))


reminder_job = register(Job("remind", _remind))
