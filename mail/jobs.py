"""Delivery: emails leave right after the commit, or in the worker."""

from base.jobs import Job, Stop, poll_interval, register
from mail import delivery


def _deliver(stop: Stop) -> float:
    while delivery.deliver_due(stop=stop):
        pass
    return poll_interval()


delivery_job = register(Job("deliver", _deliver))
