"""Putting letters into the outbox. Rooms call this inside their own transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction

from mail.jobs import delivery_job
from mail.models import Message

Priority = Message.Priority
_priority: ContextVar[Message.Priority] = ContextVar("priority", default=Priority.SINGLE)


def queue_letter(
    kind: str,
    *,
    to: str,
    reference: UUID,
    data: dict[str, Any] | None = None,
    language: str = "en",
) -> Message:
    """Queue one letter; it leaves after the surrounding transaction commits, or never.

    ``kind`` is a registered letter (``mail.letters``), ``reference`` the public id of what it is
    about. ``data`` must be JSON and hold no secret: links are derived at delivery. ``language`` is
    the recipient's. While mail is off the letter is held until somebody says that it should leave.
    """
    message = _message(kind, to, reference, data or {}, language)
    message.save(force_insert=True)
    transaction.on_commit(delivery_job.wake)
    return message


def queue_letters(
    kind: str, *, recipients: Iterable[tuple[str, UUID]], language: str = "en"
) -> None:
    """As ``queue_letter`` for many of one kind and language, a thousand in a statement.

    ``recipients`` pairs each address with what its letter is about. They leave after single ones.
    """
    recipients = list(recipients)
    with bulk_mail() if len(recipients) > 1 else nullcontext():
        messages = [_message(kind, to, reference, {}, language) for to, reference in recipients]
    Message.objects.bulk_create(messages, batch_size=1000)
    transaction.on_commit(delivery_job.wake)


@contextmanager
def bulk_mail() -> Iterator[None]:
    """What is queued inside is one of many: it leaves after emails that somebody waits for."""
    token = _priority.set(Priority.BULK)
    try:
        yield
    finally:
        _priority.reset(token)


def new_message_id() -> str:
    """A Message-ID under the service's own host, angle brackets included (RFC 5322, 3.6.4)."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return make_msgid(domain=f"[IPv6:{host}]" if ":" in host else host)


def cancel_letters(*kinds: str, reference: UUID) -> int:
    """Withdraw the waiting letters of these kinds about one thing; returns how many."""
    waiting = [Message.State.QUEUED, Message.State.HELD]
    letters = Message.objects.filter(kind__in=kinds, reference=reference, state__in=waiting)
    return letters.update(state=Message.State.CANCELLED)


def _message(kind: str, to: str, reference: UUID, data: dict[str, Any], language: str) -> Message:
    return Message(
        kind=kind,
        to=to,
        reference=reference,
        data=data,
        language=language,
        priority=_priority.get(),
        state=Message.State.HELD if settings.MAIL_IS_OFF else Message.State.QUEUED,
        message_id=new_message_id(),
    )
