"""Django's command of the same name, for our session table."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.sessions import SessionStore


class Command(BaseCommand):
    help = "Delete the rows of expired sessions. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        SessionStore.clear_expired()
