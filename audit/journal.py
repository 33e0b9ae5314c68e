"""Writing the journal."""

import hashlib
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.core.cache import cache

from audit.models import Event

# The longest name with the longest address is longer than the column.
LONGEST_LABEL = 320
# Set for the length of a request (accounts.middleware), so that operations need no request.
request_address: ContextVar[str | None] = ContextVar("request_address", default=None)


class Recordable(Protocol):
    """What an actor or a subject must be able to say of itself."""

    audit_kind: str

    @property
    def public_id(self) -> UUID: ...

    @property
    def audit_label(self) -> str: ...


def record(action: str, *, by: Recordable | None, subject: Recordable, **data: Any) -> Event:
    """Append one event; call it inside the transaction of the change it tells of.

    ``by`` is None for the system itself. ``data`` must be JSON and free of secrets.
    """
    event = _event(action, by, subject, data)
    event.save(force_insert=True)
    return event


def record_once(
    action: str,
    *,
    by: Recordable | None,
    subject: Recordable,
    key: str,
    within: timedelta,
    **data: Any,
) -> None:
    """As ``record``, once in this time for the same ``key``: for what anybody can cause at will.

    Of callers at the same moment one records.
    """
    digest = hashlib.sha256(f"{action}|{key}".encode()).hexdigest()
    if cache.add(f"audit.once.{digest}", 1, within.total_seconds()):
        record(action, by=by, subject=subject, **data)


def record_each(
    action: str, *, by: Recordable | None, subjects: Iterable[Recordable], **data: Any
) -> None:
    """As ``record`` once for each subject, with the same data, a thousand in a statement."""
    events = [_event(action, by, subject, data) for subject in subjects]
    Event.objects.bulk_create(events, batch_size=1000)


def record_export(*, filters: dict[str, str], file_format: str, by: Recordable) -> Event:
    """Note that somebody takes the journal away; call it before the first line leaves."""
    return record("activity.exported", by=by, subject=by, filters=filters, format=file_format)


def _event(action: str, by: Recordable | None, subject: Recordable, data: dict[str, Any]) -> Event:
    return Event(
        action=action,
        actor_id=by.public_id if by else None,
        actor_label=by.audit_label[:LONGEST_LABEL] if by else "",
        subject_kind=subject.audit_kind,
        subject_id=subject.public_id,
        subject_label=subject.audit_label[:LONGEST_LABEL],
        address=request_address.get(),
        data=data,
    )
