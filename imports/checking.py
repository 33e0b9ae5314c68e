"""The dry run: what would become of each row, in a few statements for a batch."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from base.addresses import MAX_LENGTH, canonical_address
from base.names import clean_name, name_from_address, split_name
from imports.models import Import, Row
from invitations.known import who_has
from invitations.models import Invitation

State = Row.State
LONGEST_NAME = 100
# The columns of names in the rows.
LONGEST_CELL = 200


def check_rows(import_: Import, rows: Sequence[Row]) -> None:
    """Read the rows' cells and set state, problem and reference of each; the caller saves them.

    Rows that were mended on screen keep what was typed.
    """
    for row in rows:
        _set(row, State.READY)
        if not row.is_mended:
            _read_cells(row, import_)
        _check_alone(row, import_)
    sound = [row for row in rows if row.state == State.READY]
    holders = who_has(row.email for row in sound)
    elsewhere = _running_elsewhere(import_, sound)
    lines = _earlier_lines(import_, rows)
    for row in sorted(rows, key=lambda row: row.number):
        if row.state != State.READY:
            # What cannot be done as it stands keeps nobody from their place.
            continue
        # Later rows may hold what an earlier look read into them.
        line = lines[row.email] = min(lines.get(row.email, row.number), row.number)
        if line < row.number:
            _refuse(row, _("The same address as in line %(number)s.") % {"number": line})
        elif row.email in holders:
            _refuse_known(row, holders[row.email], import_)
        elif row.email in elsewhere:
            sentence = _("The import %(name)s is about to do it.") % {"name": elsewhere[row.email]}
            _refuse(row, sentence)


def refusal_of(
    holder: User | Invitation, *, invites: bool = True
) -> tuple[str, UUID, Row.About] | None:
    """What stands in the way, as sentence and reference; None where it does not."""
    if isinstance(holder, User):
        sentence = (
            _("A developer with this address is blocked. Activate them instead.")
            if holder.is_blocked
            else _("Already a developer.")
        )
        return sentence, holder.public_id, Row.About.USER
    if not invites:
        if not holder.is_pending:
            return None
        sentence = _("Has an open invitation. Revoke or resend that first.")
        return sentence, holder.public_id, Row.About.INVITATION
    sentence = (
        _("Already invited on %(day)s.")
        if holder.is_pending
        else _("Invited on %(day)s; the link has expired. Resend it instead.")
    )
    day = date_format(timezone.localtime(holder.sent_at), "DATE_FORMAT")
    return sentence % {"day": day}, holder.public_id, Row.About.INVITATION


def _refuse_known(row: Row, holder: User | Invitation, import_: Import) -> None:
    refusal = refusal_of(holder, invites=import_.invites)
    if refusal:
        sentence, row.reference, row.about = refusal
        _refuse(row, sentence)


def _set(row: Row, state: Row.State) -> None:
    row.state, row.problem, row.reference, row.about = state, "", None, ""


def _refuse(row: Row, sentence: str) -> None:
    row.state, row.problem = State.PROBLEM, sentence[:500]


def _read_cells(row: Row, import_: Import) -> None:
    def cell(field: str) -> str:
        column = import_.mapping.get(field)
        return row.values[column] if column is not None and column < len(row.values) else ""

    first_name, last_name = cell("first_name"), cell("last_name")
    if not (first_name and last_name) and cell("full_name"):
        first_name, last_name = split_name(cell("full_name"))
    if len(cell("email")) > MAX_LENGTH:
        # Cut, it could be somebody else's.
        _refuse(row, _("The address is longer than 254 characters."))
    row.email = cell("email")[:MAX_LENGTH]
    row.first_name, row.last_name = first_name[:LONGEST_CELL], last_name[:LONGEST_CELL]


def _check_alone(row: Row, import_: Import) -> None:
    """What needs no look at anything else."""
    if row.state == State.PROBLEM:
        return
    try:
        row.email = canonical_address(row.email)
        # Composed anew they may have grown; too long they are either way.
        row.first_name = clean_name(row.first_name)[:LONGEST_CELL]
        row.last_name = clean_name(row.last_name)[:LONGEST_CELL]
    except ValidationError as refusal:
        _refuse(row, " ".join(refusal.messages))
        return
    if not (row.first_name or row.last_name):
        row.first_name, row.last_name = name_from_address(row.email)
    if import_.invites:
        # As invite_many has it: who is invited corrects their name when they accept.
        if not row.first_name:
            row.first_name, row.last_name = row.last_name, ""
    elif not row.first_name:
        _refuse(row, _("Enter a first name."))
    elif not row.last_name:
        _refuse(row, _("Enter a last name."))
    if max(len(row.first_name), len(row.last_name)) > LONGEST_NAME:
        _refuse(row, _("A name has at most 100 characters."))
    if not row.is_mended and any(row.values[len(import_.columns) :]):
        _refuse(row, _("This line has more cells than the first line has columns."))


def _earlier_lines(import_: Import, rows: Sequence[Row]) -> dict[str, int]:
    """The first line of each address among the import's other rows that are done or could be."""
    out = [State.DROPPED, State.PROBLEM]
    others = import_.rows.exclude(state__in=out).exclude(pk__in=[row.pk for row in rows])
    same = others.filter(email__in={row.email for row in rows if row.email})
    return dict(same.order_by().values_list("email").annotate(Min("number")))


def _running_elsewhere(import_: Import, rows: Iterable[Row]) -> dict[str, str]:
    """The name of the running import that is about to do an address."""
    running = Import.objects.filter(state=Import.State.RUNNING).exclude(pk=import_.pk)
    waiting = Row.objects.filter(
        part_of__in=list(running.values_list("pk", flat=True)),
        state=State.READY,
        email__in=[row.email for row in rows],
    )
    return dict(waiting.values_list("email", "part_of__file_name"))
