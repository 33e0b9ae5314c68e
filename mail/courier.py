"""The courier: sends letters right after the commit, or in the worker."""

from base.background import Job, Stop, register, seconds_until
from mail import delivery


def _deliver(stop: Stop) -> float:
    while delivery.deliver_due(stop=stop):
        pass
    return seconds_until(delivery.next_due())


courier = register(Job("courier", _deliver))
