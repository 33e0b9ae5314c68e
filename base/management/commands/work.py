"""The worker, for ``APIM_MAIL_DELIVERY=worker``: letters, imports, reminders. Any number may run."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from base.jobs import all_jobs

logger = logging.getLogger(__name__)

# The piece in hand is a letter or a batch of rows; a mail server may take its time over one.
SHUTDOWN_TIMEOUT = 30.0


class Command(BaseCommand):
    help = "Do what waits behind the pages until stopped by SIGTERM or SIGINT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Do what is due now and end, for cron."
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stopping = threading.Event()
        former = {
            number: signal.signal(number, lambda *_: stopping.set())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            if once:
                self._run_once(stopping)
                return
            for job in all_jobs():
                job.start()
            stopping.wait()
            for job in all_jobs():
                job.stop(SHUTDOWN_TIMEOUT)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _run_once(self, stopping: threading.Event) -> None:
        """Every job, whatever becomes of the others. Raises CommandError naming those that failed."""
        failed = []
        for job in all_jobs():
            try:
                while not stopping.is_set() and job.run(stopping.is_set) == 0:
                    pass
            except Exception:
                logger.exception("%s failed.", job.name)
                failed.append(job.name)
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}.")
