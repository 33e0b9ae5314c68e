"""The runner: works off imports behind the pages, in the web process or in the worker."""

from django.conf import settings

from base.background import LONGEST_SLEEP, Job, Stop, register
from imports.working import claim_due, work_through

# A worker hears no bell when a page starts an import; looking costs one indexed read.
LOOK_EVERY = 1.0


def work_off(stop: Stop = lambda: False) -> float:
    """Do all that is due; returns how long to sleep then."""
    while not stop():
        import_ = claim_due()
        if import_ is None:
            return LOOK_EVERY if settings.MAIL_DELIVERY == "worker" else LONGEST_SLEEP
        work_through(import_, stop=stop)
    return 0.0


runner = register(Job("imports", work_off))
