"""Delivery: emails leave right after the commit, or in the worker."""

import logging
from collections import Counter

from base.jobs import Job, JobResult, Stop, poll_interval, register
from mail import delivery

logger = logging.getLogger(__name__)


def _deliver(stop: Stop) -> JobResult:
    total: delivery.Counts = Counter()
    while counts := delivery.deliver_due(stop=stop):
        logger.info("Emails: %s", _in_words(counts))
        total += counts
    return JobResult(poll_interval(), _in_words(total))


def _in_words(counts: delivery.Counts) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))


delivery_job = register(Job("deliver", _deliver))
