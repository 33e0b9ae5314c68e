"""The mail worker, for ``APIM_MAIL_DELIVERY=worker``. Any number may run side by side."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections, connections

from base.jobs import FailureLog
from mail.delivery import Counts, deliver_due

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send the letters of the outbox until stopped by SIGTERM or SIGINT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Send what is due now and end, for cron."
        )
        parser.add_argument(
            "--poll",
            type=float,
            default=1.0,
            metavar="SECONDS",
            help="How often to look for letters when there was none (default 1).",
        )

    def handle(self, *args: Any, once: bool, poll: float, **options: Any) -> None:
        stopping = threading.Event()
        former = {
            number: signal.signal(number, lambda *_: stopping.set())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        failures = FailureLog(logger, "deliver_mail")
        try:
            while not stopping.is_set():
                try:
                    counts = _deliver_batch(stopping)
                    failures.end()
                except Error as error:
                    if once:
                        raise
                    connections.close_all()
                    stopping.wait(failures.note(error))
                    continue
                if once and not counts:
                    break
                if not counts:
                    stopping.wait(poll)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _deliver_batch(stopping: threading.Event) -> Counts:
    """One batch, on a connection that works, and its line in the log."""
    close_old_connections()
    counts = deliver_due(stop=stopping.is_set)
    if counts:
        logger.info("Letters: %s", ", ".join(f"{n} {word}" for word, n in sorted(counts.items())))
    return counts
