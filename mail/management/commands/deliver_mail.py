"""``manage.py work deliver`` under its older name: sends emails and does nothing else."""

from typing import Any

from django.core.management.base import CommandParser

from base.management.commands import work
from mail.jobs import delivery_job


class Command(work.Command):
    help = "Send the emails of the outbox until stopped by SIGTERM or SIGINT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Send what is due now and end, for cron."
        )
        parser.add_argument(
            "--poll",
            type=float,
            default=1.0,
            metavar="SECONDS",
            help="How often to look for emails when there was none (default 1).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["once"]:
            delivery_job.max_sleep = options.pop("poll")
        super().handle(*args, **options | {"jobs": [delivery_job.name]})
