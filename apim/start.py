"""What a web process does once, before its first request."""

from contextlib import suppress

from django.db import OperationalError, ProgrammingError

from apim import demo
from mail.courier import courier


def start() -> None:
    """Refuse to serve the demo's public password; let letters of an earlier process leave."""
    # A database that is away or not migrated yet is readiness's to tell, not a reason to stay down.
    with suppress(OperationalError, ProgrammingError):
        demo.refuse_in_production()
    courier.wake()
