"""Putting letters into the outbox. Rooms call this inside their own transaction."""

from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction

from mail.courier import courier
from mail.models import Message


def queue_letter(
    kind: str, *, to: str, reference: UUID, data: dict[str, Any] | None = None
) -> Message:
    """Queue one letter; it leaves after the surrounding transaction commits, or never.

    ``kind`` is a registered letter (``mail.letters``), ``reference`` the public id of what it is
    about. ``data`` must be JSON and hold no secret: links are derived at delivery.
    """
    message = Message.objects.create(
        kind=kind,
        to=to,
        reference=reference,
        data=data or {},
        message_id=make_msgid(domain=urlsplit(settings.PUBLIC_URL).hostname),
    )
    transaction.on_commit(courier.wake)
    return message


def cancel_letters(kind: str, *, reference: UUID) -> int:
    """Withdraw the waiting letters of one kind about one thing; returns how many."""
    waiting = Message.objects.filter(kind=kind, reference=reference, state=Message.State.QUEUED)
    return waiting.update(state=Message.State.CANCELLED)
