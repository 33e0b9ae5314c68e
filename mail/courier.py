"""The courier: sends letters right after the commit, or in the worker."""

from base.background import Job, Stop, poll_interval, register
from mail import delivery


def _deliver(stop: Stop) -> float:
    while delivery.deliver_due(stop=stop):
        pass
    return poll_interval()


courier = register(Job("courier", _deliver))
