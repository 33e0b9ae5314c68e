"""The runner: works off imports behind the pages, in the web process or in the worker."""

from base.background import Job, Stop, poll_interval, register
from imports.working import claim_due, work_through


def work_off(stop: Stop = lambda: False) -> float:
    """Do all that is due; returns how long to sleep then."""
    while not stop():
        import_ = claim_due()
        if import_ is None:
            return poll_interval()
        work_through(import_, stop=stop)
    return 0.0


runner = register(Job("imports", work_off))
