"""Working through an import: batch by batch, each row once, whatever dies on the way.

A batch is one transaction: its effects (invitations or users, roles, events, letters), the new
states of its rows, and the longer lease stand or fall together. It begins with an UPDATE of the
import that only its newest claimant can do and that holds the row until the end, so that two
processes never work at the same rows, and one that slept past its lease writes nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import AddressTaken, Person, add_users
from accounts.models import User
from audit.journal import record
from base.authority import ActorMayNotAct, Permission
from imports.checking import check_rows, refusal_of
from imports.models import Import, Row
from invitations.actions import AlreadyInvited, invite_many, left_today
from invitations.known import who_has
from invitations.models import Invitation
from mail.outbox import bulk_mail
from packages.actions import PackageGone, grant_package, hold_package
from packages.models import Package

logger = logging.getLogger(__name__)

# A batch takes a second or two; a process that died holds its import up for this long.
LEASE = timedelta(minutes=1)
BATCH = 500
# Subscriptions are opened one by one.
BATCH_WITH_PACKAGE = 50
# SQLite has one writer: between two batches the pages get their turn.
PAUSE = 0.05

State = Import.State


class LeaseLost(Exception):
    """Somebody else took the import up, stopped it or deleted it."""


def claim_due() -> Import | None:
    """Take up the import that waits longest, if any; nobody else has it then."""
    for import_ in Import.objects.due().order_by("id")[:20]:
        claim = Import.objects.due().filter(pk=import_.pk, claims=import_.claims)
        leased_until = timezone.now() + LEASE
        if claim.update(claims=F("claims") + 1, leased_until=leased_until):
            import_.claims += 1
            return import_
    return None


def process(import_: Import, *, stop: Callable[[], bool] = lambda: False) -> None:
    """Do batch after batch of a claimed import until none is left or ``stop`` says so."""
    opens_subscriptions = bool(import_.package_name) and not import_.invites
    size = BATCH_WITH_PACKAGE if opens_subscriptions else BATCH
    try:
        while not stop():
            if not _do_batch(import_, size):
                return
            time.sleep(PAUSE)
        release(import_)
    except LeaseLost:
        logger.info("Import %s is somebody else's now.", import_.public_id)


def _do_batch(import_: Import, size: int) -> bool:
    """Up to ``size`` rows; whether there may be more.

    One poisonous row must not stop the others: a batch that fails is done in two halves, and what
    fails alone is given up with a sentence beside it.
    """
    work = _check_batch if import_.state == State.CHECKING else _run_batch
    try:
        return work(import_, size)
    except (LeaseLost, OperationalError, InterfaceError):
        # Not the rows' fault: the lease runs out and the batch is done again.
        raise
    except Exception:
        if size == 1:
            logger.exception("A row of import %s failed.", import_.public_id)
            _give_up_first(import_)
            return True
    half = size // 2
    return _do_batch(import_, half) and _do_batch(import_, size - half)


@transaction.atomic
def _check_batch(import_: Import, size: int) -> bool:
    _hold(import_)
    rows = list(import_.rows.filter(state=Row.State.NEW).order_by("number")[:size])
    check_rows(import_, rows)
    save_rows(rows)
    if len(rows) == size:
        return True
    _end(import_, State.CHECKED)
    return False


@transaction.atomic
def _run_batch(import_: Import, size: int) -> bool:
    sender, problem, left = _asked(import_)
    if sender is None:
        _hold(import_)
        _stop_by_itself(import_, problem)
        return False
    size = min(size, left)
    try:
        # Before the import's row, as deleting a package does.
        package = _hold_package(import_)
    except PackageGone:
        _hold(import_)
        text = _("The package %(name)s was deleted.") % {"name": import_.package_name}
        _stop_by_itself(import_, text)
        return False
    _hold(import_)
    rows = list(import_.rows.filter(state=Row.State.READY).order_by("number")[:size])
    people = [
        Person(email=row.email, first_name=row.first_name, last_name=row.last_name) for row in rows
    ]
    do = _invite if import_.invites else _add
    with bulk_mail():
        outcomes = do(import_, people, sender, package)
    for row, outcome in zip(rows, outcomes, strict=True):
        _note(row, outcome, import_)
    save_rows(rows)
    if len(rows) == size:
        return True
    _end(import_, State.FINISHED, finished_at=timezone.now())
    counts = import_.counts()
    record(
        "import.finished",
        by=None,
        subject=import_,
        done=counts[Row.State.DONE],
        not_done=import_.row_count - counts[Row.State.DONE],
    )
    return False


def _asked(import_: Import) -> tuple[User | None, str, int]:
    """Whoever started it, while they may act and the day's limit lets some rows through: how many.

    Else nobody, and the sentence why. Their authority is held until the transaction ends, before
    any row: as an invitation, an import is only as good as its sender.
    """
    sender = import_.sender
    try:
        if sender is None:
            raise ActorMayNotAct
        sender.hold_authority(Permission.DEVELOPERS_MANAGE, is_owner=False)
    except ActorMayNotAct:
        text = _("%(name)s, who started it, is no longer an active administrator.")
        return None, text % {"name": import_.sender_name}, 0
    if not import_.invites:
        return sender, "", BATCH
    left, refusal = left_today()
    if refusal is not None:
        return None, " ".join([*refusal.messages, _("Start the import again then.")]), 0
    return sender, "", left


Outcome = Invitation | User | ValidationError


def _invite(
    import_: Import, people: list[Person], sender: User, package: Package | None
) -> Sequence[Outcome]:
    assert import_.validity is not None  # noqa: S101 - start_import saw to it
    return invite_many(
        people=people,
        by=sender,
        roles=import_.roles.all(),
        package=package,
        validity=import_.validity,
        message=import_.message,
        language=import_.language,
    )


def _add(
    import_: Import, people: list[Person], sender: User, package: Package | None
) -> Sequence[Outcome]:
    """Added beside an open invitation, that would fail later in the hands of its bearer."""
    holders = who_has(person.email for person in people)
    open_ones = {
        email: holder
        for email, holder in holders.items()
        if isinstance(holder, Invitation) and holder.is_pending
    }
    free = [person for person in people if person.email not in open_ones]
    added = add_users(
        people=free,
        by=sender,
        roles=import_.roles.all(),
        language=import_.language,
        letter="welcome_with_package" if package else "welcome",
    )
    for user in added:
        if package and isinstance(user, User):
            grant_package(package=package, user=user, by=sender)
    rest = iter(added)
    return [
        AlreadyInvited(open_ones[person.email]) if person.email in open_ones else next(rest)
        for person in people
    ]


def _note(row: Row, outcome: Outcome, import_: Import) -> None:
    """Write down on the row what became of it."""
    if not isinstance(outcome, ValidationError):
        row.state, row.problem, row.reference = Row.State.DONE, "", outcome.public_id
        row.about = Row.About.INVITATION if import_.invites else Row.About.USER
        return
    row.state, row.problem = Row.State.FAILED, " ".join(outcome.messages)[:500]
    if isinstance(outcome, AddressTaken | AlreadyInvited):
        holder = outcome.user if isinstance(outcome, AddressTaken) else outcome.invitation
        known = refusal_of(holder, invites=import_.invites)
        row.problem, row.reference, row.about = known or (row.problem, None, "")


def save_rows(rows: Sequence[Row]) -> None:
    """Write what checking and doing change, many rows in a statement."""
    Row.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=CHANGING,
    )


CHANGING = ["email", "first_name", "last_name", "state", "problem", "reference", "about"]


def _hold(import_: Import) -> None:
    """Keep the import until the transaction ends, with a fresh lease. Raises LeaseLost."""
    ours = Import.objects.filter(pk=import_.pk, claims=import_.claims, state=import_.state)
    if not ours.update(leased_until=timezone.now() + LEASE):
        raise LeaseLost


def _end(import_: Import, state: str, **facts: Any) -> None:
    facts |= {"state": state, "leased_until": None}
    Import.objects.filter(pk=import_.pk).update(**facts)


def release(import_: Import) -> None:
    """Told to stop: somebody else may go on at once."""
    ours = Import.objects.filter(pk=import_.pk, claims=import_.claims)
    ours.update(leased_until=None)


def _hold_package(import_: Import) -> Package | None:
    """Raises PackageGone where it was deleted since the start."""
    return hold_package(Package(pk=import_.package_id)) if import_.package_name else None


def _stop_by_itself(import_: Import, problem: str) -> None:
    _end(import_, State.CANCELLED, problem=problem[:500], finished_at=timezone.now())
    record("import.stopped", by=None, subject=import_, reason=problem)


@transaction.atomic
def _give_up_first(import_: Import) -> None:
    _hold(import_)
    checking = import_.state == State.CHECKING
    waiting = import_.rows.filter(state=Row.State.NEW if checking else Row.State.READY)
    Row.objects.filter(pk=waiting.order_by("number").values("pk")[:1]).update(
        state=Row.State.PROBLEM if checking else Row.State.FAILED,
        problem=_("This row could not be done. The log of the service says why."),
    )
