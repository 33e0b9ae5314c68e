"""What an edit changes, and who was quicker where two changed the same."""

from collections.abc import Mapping
from typing import Any

from audit.journal import Recordable
from audit.models import Event
from base.changes import KEEP, Conflict, EditConflict, same


def changes_of(
    row: Any,
    wanted: Mapping[str, Any],
    *,
    seen: Mapping[str, Any] | None = None,
    by: Recordable | None = None,
    subject: Recordable | None = None,
    present: Mapping[str, Any] | None = None,
    **where: Any,
) -> dict[str, list[Any]]:
    """``{field: [old, new]}`` of what an edit changes; call it under the lock of ``row``.

    KEEP leaves a field alone, and so does None where the column takes no NULL. ``seen`` is what
    the author had before them: what they left as it was stays as it is now, and what somebody
    else changed meanwhile, too, raises EditConflict with all such fields at once. A field that it
    does not name is taken to be seen as it is.

    Where the values are no columns of the row, ``present`` has them as they are now; there, None is
    a value. The journal is asked about ``subject`` (the row itself unless given), in events whose
    data has the values of ``where``.
    """
    shown = seen or {}
    changes: dict[str, list[Any]] = {}
    conflicts: dict[str, Conflict] = {}
    for field, value in wanted.items():
        if value is KEEP:
            continue
        if present is None and value is None and not row._meta.get_field(field).null:
            continue
        now = getattr(row, field) if present is None else present[field]
        if now == value or (field in shown and same(shown[field], value)):
            continue
        if field in shown and not same(shown[field], now):
            if not same(now, value):
                conflicts[field] = Conflict(
                    present=now,
                    wanted=value,
                    **_last_change(subject or row, field, by=by, where=where),
                )
            continue
        changes[field] = [now, value]
    if conflicts:
        raise EditConflict(conflicts)
    return changes


def change(row: Any, wanted: Mapping[str, Any], **asked: Any) -> dict[str, list[Any]]:
    """``changes_of``, and puts them into the row, which is not saved yet."""
    changes = changes_of(row, wanted, **asked)
    for field, (_old, new) in changes.items():
        setattr(row, field, new)
    return changes


def _last_change(
    subject: Recordable, field: str, *, by: Recordable | None, where: Mapping[str, Any]
) -> dict[str, Any]:
    """Who changed the field last, and when, as the journal tells it."""
    events = Event.objects.filter(
        subject_kind=subject.audit_kind,
        subject_id=subject.public_id,
        data__changes__has_key=field,
        **{f"data__{name}": value for name, value in where.items()},
    )
    last = events.order_by("-pk").first()
    if last is None:
        return {}
    # A label may end with the address, which is not for every reader.
    who = last.actor_label.rpartition(" <")[0] or last.actor_label
    return {"who": who, "at": last.at, "is_own": by is not None and last.actor_id == by.public_id}
