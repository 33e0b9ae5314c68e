"""What a web process does once, before its first request."""

from django.conf import settings
from django.db import OperationalError, ProgrammingError

from apim import demo
from mail.courier import courier


def start() -> None:
    """Refuse to serve the demo's public password; let letters of an earlier process leave."""
    if not settings.DEBUG:
        try:
            demo.refuse_in_production()
        except (OperationalError, ProgrammingError):
            # The database is away or not migrated yet: readiness says so, and /healthz/live answers.
            return
    courier.wake()
