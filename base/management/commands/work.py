"""The worker, for ``APIM_BACKGROUND=worker``: every job, or those that are named. Any number may run."""

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from base.jobs import Job, all_jobs

logger = logging.getLogger(__name__)

# The piece in hand is an email or a batch of rows; a mail server may take its time over one.
SHUTDOWN_TIMEOUT = 30.0


class Command(BaseCommand):
    help = "Do what waits behind the pages until stopped by SIGTERM or SIGINT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Do what is due now and end, for cron."
        )
        parser.add_argument(
            "jobs",
            nargs="*",
            metavar="JOB",
            help="Only these, by their names in `manage.py jobs`; all of them unless some are named.",
        )

    def handle(self, *args: Any, once: bool, jobs: list[str], **options: Any) -> None:
        chosen = _chosen(jobs)
        stopping = threading.Event()
        former = {
            number: signal.signal(number, lambda *_: stopping.set())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            if once:
                _run_once(chosen, stopping)
                return
            for job in chosen:
                job.start()
            stopping.wait()
            # All at once: each may be in the middle of a piece.
            for job in chosen:
                job.ask_to_stop()
            until = time.monotonic() + SHUTDOWN_TIMEOUT
            for job in chosen:
                job.stop(max(0.0, until - time.monotonic()))
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _chosen(names: list[str]) -> list[Job]:
    known = {job.name: job for job in all_jobs()}
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"No job is called {unknown[0]}. There are {', '.join(sorted(known))}.")
    return [job for name, job in known.items() if not names or name in names]


def _run_once(jobs: list[Job], stopping: threading.Event) -> None:
    """Each of them, whatever becomes of the others. Raises CommandError naming those that failed."""
    failed = []
    for job in jobs:
        try:
            while not stopping.is_set() and job.run_once(stopping.is_set) == 0:
                pass
        except Exception:
            logger.exception("%s failed.", job.name)
            failed.append(job.name)
    if failed:
        raise CommandError(f"Failed: {', '.join(failed)}.")
