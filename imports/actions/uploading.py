"""Taking a file in, and saying which of its columns holds what."""

from collections.abc import Mapping
from itertools import batched
from pathlib import PurePath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.changes import changes_of
from audit.journal import record
from base.authority import Permission, action
from imports.checking import check_rows
from imports.columns import FIELDS, guess_mapping
from imports.jobs import import_job
from imports.models import Import, Row
from imports.reading import MAX_BYTES, FileUnreadable, Table, open_table
from imports.working import save_rows

BATCH = 1000
# So many are checked while the person waits; more than that behind the page.
CHECKED_AT_ONCE = 1000
ROWS_TO_GUESS_BY = 20


class ColumnsFixed(ValidationError):
    """It was started already."""

    def __init__(self) -> None:
        super().__init__(
            _("The columns cannot be chosen any more: the import was started."),
            code="columns_fixed",
        )


@action(Permission.DEVELOPERS_MANAGE, at_the_end=True)
def upload_file(*, file: IO[bytes], file_name: str, kind: str, by: User) -> Import:
    """Store the rows of a CSV file, with a guess which column holds what; nobody is told anything.

    Read and stored in pieces. Raises FileUnreadable, and then nothing is kept.
    """
    file.seek(0, 2)
    if file.tell() > MAX_BYTES:
        raise FileUnreadable(_("The file is larger than 10 MB. Split it and import the parts."))
    with open_table(file) as table:
        import_ = Import.objects.create(
            kind=Import.Kind(kind),
            file_name=_tidy(file_name),
            encoding=table.encoding,
            delimiter=table.delimiter,
            columns=table.head,
            sender=by,
            sender_name=by.full_name,
        )
        sample = _store(import_, table)
    if not import_.row_count:
        raise FileUnreadable(_("The file has a first line with the names of columns and no other."))
    import_.mapping = guess_mapping(import_.columns, sample)
    import_.save(update_fields=["row_count", "mapping"])
    record("import.uploaded", by=by, subject=import_, rows=import_.row_count)
    return import_


def _store(import_: Import, table: Table) -> list[list[str]]:
    """Write the rows as they are read, and count them; returns the first ones."""
    sample: list[list[str]] = []
    for lines in batched(table.rows, BATCH):
        sample = sample or [cells for _number, cells in lines[:ROWS_TO_GUESS_BY]]
        import_.row_count += len(lines)
        Row.objects.bulk_create(
            Row(part_of=import_, number=number, values=cells) for number, cells in lines
        )
    return sample


@action(Permission.DEVELOPERS_MANAGE)
def choose_columns(
    *,
    import_: Import,
    mapping: Mapping[str, int | None],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> Import:
    """Say which column (by number, from 0) holds which of ``FIELDS``, and check every row.

    Small files are checked before it returns, others behind the page. May be repeated until the
    import is started; rows that were mended keep what was typed. Of somebody who had
    ``seen`` before them, only what they changed counts. Raises EditConflict, ColumnsFixed, or
    ValidationError by field.
    """
    chosen = {field: column for field, column in mapping.items() if column is not None}
    _check_mapping(import_, chosen)
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if not import_.columns_can_be_chosen:
        raise ColumnsFixed
    present = {field: import_.mapping.get(field) for field in FIELDS}
    wanted = {field: chosen.get(field) for field in FIELDS}
    edits = changes_of(import_, wanted, present=present, seen=seen, by=by)
    merged = present | {field: new for field, (_old, new) in edits.items()}
    import_.mapping = {field: column for field, column in merged.items() if column is not None}
    _check_mapping(import_, import_.mapping)
    import_.set_to(Import.State.CHECKING)
    rows = import_.rows.exclude(state=Row.State.DROPPED)
    rows.update(state=Row.State.NEW)
    if import_.row_count <= CHECKED_AT_ONCE:
        waiting = list(rows.order_by("number"))
        check_rows(import_, waiting)
        save_rows(waiting)
        import_.set_to(Import.State.CHECKED)
    else:
        transaction.on_commit(import_job.wake)
    import_.save()
    if edits:
        record("import.columns_chosen", by=by, subject=import_, changes=edits)
    return import_


def _check_mapping(import_: Import, chosen: Mapping[str, int]) -> None:
    if "email" not in chosen:
        raise ValidationError({"email": _("Choose the column with the addresses.")})
    for field, column in chosen.items():
        if field not in FIELDS or not 0 <= column < len(import_.columns):
            raise ValidationError(_("Choose columns from the list."))
        if list(chosen.values()).count(column) > 1:
            raise ValidationError({field: _("This column is chosen twice.")})


def _tidy(file_name: str) -> str:
    """Without folders and invisible characters; it is shown, and written into the journal."""
    name = PurePath(file_name.replace("\\", "/")).name
    return "".join(filter(str.isprintable, name)).strip()[-200:] or "import.csv"
