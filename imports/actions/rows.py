"""Mending rows on screen, and leaving rows out."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.changes import change
from audit.journal import record
from base.authority import Actor, Permission, action
from imports.checking import check_rows
from imports.jobs import import_job
from imports.models import Import, Row
from imports.working import save_rows


class ImportIsAtWork(ValidationError):
    """Its rows are being checked or done, or its columns are not chosen yet."""

    def __init__(self) -> None:
        super().__init__(
            _("Rows cannot be changed while the import is at work."), code="import_is_at_work"
        )


class RowIsDone(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("This row is done."), code="row_is_done")


@action(Permission.DEVELOPERS_MANAGE)
def mend_row(
    *,
    row: Row,
    by: Actor | None,
    email: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Row:
    """Take what was typed instead of what the file says, and check again what hangs on it.

    What is still wrong is no refusal: it stands beside the row. Raises EditConflict,
    ImportIsAtWork, RowIsDone.
    """
    import_ = _hold(row.part_of)
    row = import_.rows.get(pk=row.pk)
    if not row.can_be_mended:
        raise RowIsDone
    former = row.email
    before = [row.email, row.first_name, row.last_name]
    wanted = {
        "email": email[:254] if email is not None else None,
        "first_name": first_name[:200] if first_name is not None else None,
        "last_name": last_name[:200] if last_name is not None else None,
    }
    change(row, wanted, seen=seen, by=by, subject=import_, line=row.number)
    row.is_mended = True
    row.save()
    _check_again(import_, {former, row.email}, also=[row.pk])
    row.refresh_from_db()
    after = [row.email, row.first_name, row.last_name]
    changes = {
        name: [old, new] for name, old, new in zip(NAMES, before, after, strict=True) if old != new
    }
    if changes:
        record("import.row_mended", by=by, subject=import_, line=row.number, changes=changes)
    return row


@action(Permission.DEVELOPERS_MANAGE)
def drop_rows(*, import_: Import, numbers: Iterable[int], by: Actor | None) -> int:
    """Leave rows out; returns how many. A later row with the same address takes their place.

    Quiet about rows that are done or left out. Raises ImportIsAtWork.
    """
    import_ = _hold(import_)
    rows = import_.rows.filter(number__in=list(numbers), state__in=MENDABLE)
    emails = set(rows.values_list("email", flat=True))
    dropped = rows.update(state=Row.State.DROPPED)
    _check_again(import_, emails)
    _record_count("import.rows_dropped", dropped, import_, by)
    return dropped


@action(Permission.DEVELOPERS_MANAGE)
def drop_problems(*, import_: Import, by: Actor | None) -> int:
    """Leave out every row that cannot be done as it stands. Raises ImportIsAtWork."""
    import_ = _hold(import_)
    problems = import_.rows.filter(state=Row.State.PROBLEM)
    dropped = problems.update(state=Row.State.DROPPED)
    _record_count("import.rows_dropped", dropped, import_, by)
    return dropped


@action(Permission.DEVELOPERS_MANAGE)
def restore_rows(*, import_: Import, numbers: Iterable[int], by: Actor | None) -> int:
    """Take rows in again that were left out; returns how many. Raises ImportIsAtWork."""
    import_ = _hold(import_)
    rows = import_.rows.filter(number__in=list(numbers), state=Row.State.DROPPED)
    restored = list(rows.values_list("pk", "email"))
    rows.update(state=Row.State.NEW)
    _check_again(import_, {email for _pk, email in restored}, also=[pk for pk, _email in restored])
    _record_count("import.rows_restored", len(restored), import_, by)
    return len(restored)


@action(without_actor="Nothing is decided: the rows are looked at once more.")
def check_again(*, import_: Import) -> Import:
    """Ask once more what would become of each row that is not done: the world went on.

    Behind the page. Raises ImportIsAtWork.
    """
    import_ = _hold(import_)
    import_.rows.filter(state__in=MENDABLE).update(state=Row.State.NEW)
    import_.set_to(Import.State.CHECKING)
    import_.save()
    transaction.on_commit(import_job.wake)
    return import_


NAMES = ["email", "first_name", "last_name"]
MENDABLE = [Row.State.READY, Row.State.PROBLEM, Row.State.FAILED]


def _record_count(action: str, count: int, import_: Import, by: Actor | None) -> None:
    if count:
        record(action, by=by, subject=import_, rows=count)


def _hold(import_: Import) -> Import:
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if not import_.can_be_changed:
        raise ImportIsAtWork
    return import_


def _check_again(import_: Import, emails: Iterable[str], also: Iterable[int] = ()) -> None:
    """Rows with these addresses: one may have stood in another's way."""
    waiting = import_.rows.filter(state__in=[*MENDABLE, Row.State.NEW])
    named = {email for email in emails if email}
    rows = list(waiting.filter(email__in=named) | waiting.filter(pk__in=list(also)))
    check_rows(import_, rows)
    save_rows(rows)
