"""Imports are processed behind the pages, in the web process or in the worker."""

from base.jobs import Job, Stop, poll_interval, register
from imports.working import claim_due, process


def process_due(stop: Stop = lambda: False) -> float:
    """Do all that is due; returns how long to sleep then."""
    while not stop():
        import_ = claim_due()
        if import_ is None:
            return poll_interval()
        process(import_, stop=stop)
    return 0.0


import_job = register(Job("import", process_due))
