"""Imports are processed behind the pages, in the web process or in the worker."""

from base.jobs import Job, JobResult, Stop, poll_interval, register
from imports.working import claim_due, process


def process_due(stop: Stop = lambda: False) -> int:
    """Process what is due, import after import; returns how many that were."""
    processed = 0
    while not stop() and (import_ := claim_due()):
        process(import_, stop=stop)
        processed += 1
    return processed


def _run(stop: Stop) -> JobResult:
    processed = process_due(stop)
    return JobResult(poll_interval(), f"{processed} processed" if processed else "")


import_job = register(Job("import", _run))
