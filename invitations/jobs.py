"""Looks once a minute for reminders that are due and for invitations that ended unused."""

from base.jobs import MAX_SLEEP, Job, Stop, register
from invitations.actions import remind_invited, tell_of_unused
from mail.outbox import bulk_mail


def _look(stop: Stop) -> float:
    with bulk_mail():
        while not stop() and remind_invited():
            pass
        if not stop():
            tell_of_unused()
    return MAX_SLEEP


reminder_job = register(Job("remind", _look))
