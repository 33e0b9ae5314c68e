"""Django's command of the same name, for our session table."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.jobs import purge_sessions


class Command(BaseCommand):
    help = "Delete the rows of expired sessions now. A job does it every hour."

    def handle(self, *args: Any, **options: Any) -> None:
        purge_sessions()
