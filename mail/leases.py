"""The lease of an email in hand: short, and renewed for as long as its sender lives.

A sender that is killed holds its email back for seconds, and one that waits for a slow mail server
keeps it for as long as that takes.
"""

import logging
import threading
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.db import Error, connections
from django.utils import timezone

from mail.models import Message

logger = logging.getLogger(__name__)

# With the longest pause between two looks (base.jobs.POLL_INLINE), an email of a killed
# sender is taken up within 30 seconds. Clocks of several machines must agree better than this.
LEASE = timedelta(seconds=20)
RENEW_EVERY = 5.0
# After a renewal that failed.
RETRY_EVERY = 1.0
# What must be left of the lease to hand the email over without asking.
MARGIN = timedelta(seconds=10)


class LeaseLost(Exception):
    """This process stood still for longer than the lease, and another sender has the email."""


class Lease:
    """Keeps a claimed email this sender's inside the ``with``, by a thread that renews it."""

    def __init__(self, message: Message) -> None:
        self._mine = Message.objects.filter(
            pk=message.pk, state=Message.State.SENDING, attempts=message.attempts
        )
        self._until: datetime = message.leased_until or timezone.now()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def confirm(self) -> None:
        """Call before handing the email over. Raises LeaseLost."""
        if timezone.now() > self._until - MARGIN and not self._renew():
            raise LeaseLost

    def _keep(self) -> None:
        pause = RENEW_EVERY
        try:
            while not self._done.wait(pause):
                pause = RENEW_EVERY
                try:
                    if not self._renew():
                        return
                except Error:
                    # Nobody else can take it up either while the database is away.
                    connections.close_all()
                    pause = RETRY_EVERY
        finally:
            connections.close_all()

    def _renew(self) -> bool:
        until = timezone.now() + LEASE
        if not self._mine.all().update(leased_until=until):
            return False
        self._until = until
        return True
