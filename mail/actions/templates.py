"""Operations on the words of letters."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from audit.journal import record
from base.authority import Actor, Permission, action
from base.changes import same
from mail.actions.outbox import MailIsOff
from mail.drafts import Draft, draft_of, newest_wording
from mail.letters import letter_of
from mail.models import Message, Wording
from mail.originals import original_of
from mail.outbox import queue_letter

TEST_LETTER = "test_letter"

# As long as its column; the journal has the whole name.
LONGEST_AUTHOR = 300


class ChangedMeanwhile(ValidationError):
    """Somebody saved another version since the form was made.

    ``conflicts`` are the parts that both changed, ``theirs`` what the letter says now, ``draft``
    what the page is to hold: each part as its author wants it, or theirs where they left it alone.
    """

    def __init__(
        self,
        newest: Wording,
        *,
        draft: Draft | None = None,
        theirs: Draft | None = None,
        conflicts: Iterable[str] = (),
    ) -> None:
        self.newest, self.draft, self.theirs = newest, draft, theirs
        self.conflicts = list(conflicts)
        who, _sign, _address = newest.author_label.partition(" <")
        at = date_format(timezone.localtime(newest.created_at), "DATETIME_FORMAT")
        super().__init__(
            _(
                "%(who)s saved version %(version)d on %(at)s, so nothing was changed. Look at theirs first; to replace it all the same, press the button again."
            ),
            code="changed_meanwhile",
            params={"who": who, "version": newest.version, "at": at},
        )


class CannotBeRestored(ValidationError):
    """The letter has changed since: the version would fail."""

    def __init__(self, faults: list[str]) -> None:
        words = _("This version cannot be used any more. %(faults)s")
        super().__init__(words, code="cannot_be_restored", params={"faults": " ".join(faults)})


@action(Permission.EMAILS_MANAGE)
def edit_letter(*, kind: str, language: str, draft: Draft, based_on: int, by: Actor) -> bool:
    """Let a letter say something else from now on; False when it says that already.

    ``based_on`` is the version that the writer had before them, 0 for the original: the parts
    that they left as it says stay as they are now. Raises ChangedMeanwhile where somebody else
    changed the same part, or ValidationError with the faults of each part, line by line.
    """
    letter = letter_of(kind)
    newest = newest_wording(kind, language)
    original = original_of(letter, language)
    if newest is not None and newest.version != based_on:
        seen = Wording.objects.filter(kind=kind, language=language, version=based_on).first()
        present = draft_of(newest) or original
        draft = _merged(draft, seen=draft_of(seen) or original, present=present, newest=newest)
        based_on = newest.version
    draft.check(letter)
    if draft == (draft_of(newest) or original):
        return False
    saved = _add(newest, kind, language, draft, based_on=based_on, by=by)
    record("letter.edited", by=by, subject=saved, version=saved.version)
    return True


@action(Permission.EMAILS_MANAGE)
def restore_letter(
    *, kind: str, language: str, wording: Wording | None, based_on: int, by: Actor
) -> bool:
    """Let a letter say again what an earlier version says, or the original (None).

    It becomes the newest version, so that nothing is lost by it. False when it says that already.
    Raises ChangedMeanwhile, CannotBeRestored.
    """
    letter = letter_of(kind)
    draft = draft_of(wording)
    if draft is not None and (faults := draft.faults(letter)):
        raise CannotBeRestored([str(fault) for part in faults.values() for fault in part])
    newest = newest_wording(kind, language)
    if draft == draft_of(newest):
        return False
    saved = _add(newest, kind, language, draft, based_on=based_on, by=by)
    restored: dict[str, Any] = {"version": saved.version, "from": wording and wording.version}
    record("letter.restored", by=by, subject=saved, **restored)
    return True


@action(Permission.EMAILS_MANAGE)
def send_test_letter(
    *, kind: str, language: str, draft: Draft, to: str, by: Actor, zone: str = "UTC"
) -> Message:
    """Queue a draft, with invented values and links that lead nowhere, to whoever wrote it.

    Raises ValidationError with the faults of each part, line by line; MailIsOff.
    """
    draft.check(letter_of(kind))
    if settings.MAIL_IS_OFF:
        raise MailIsOff
    parts = {"subject": draft.subject, "text": draft.text, "html": draft.html}
    return queue_letter(
        TEST_LETTER,
        to=to,
        reference=by.public_id,
        data={"kind": kind, "draft": parts, "time_zone": zone},
        language=language,
    )


def _merged(draft: Draft, *, seen: Draft, present: Draft, newest: Wording) -> Draft:
    """The parts that the writer changed, and of the others what they say now."""
    parts, conflicts = {}, []
    for field in fields(Draft):
        before, now, wanted = (getattr(one, field.name) for one in (seen, present, draft))
        parts[field.name] = now if same(before, wanted) else wanted
        if not (same(before, wanted) or same(before, now) or same(now, wanted)):
            conflicts.append(field.name)
    merged = Draft(**parts)
    if conflicts:
        raise ChangedMeanwhile(newest, draft=merged, theirs=present, conflicts=conflicts)
    return merged


def _add(
    newest: Wording | None,
    kind: str,
    language: str,
    draft: Draft | None,
    *,
    based_on: int,
    by: Actor,
) -> Wording:
    """The next version. Of two that are saved at once, the database takes one."""
    if newest is not None and newest.version != based_on:
        raise ChangedMeanwhile(newest)
    saved = Wording(
        kind=kind,
        language=language,
        version=newest.version + 1 if newest else 1,
        subject=draft.subject if draft else "",
        text=draft.text if draft else "",
        html=draft.html if draft else "",
        author_id=by.public_id,
        author_label=by.audit_label[:LONGEST_AUTHOR],
    )
    try:
        with transaction.atomic():
            saved.save(force_insert=True)
    except IntegrityError:
        quicker = newest_wording(kind, language)
        assert quicker is not None  # noqa: S101 - it took the number
        raise ChangedMeanwhile(quicker) from None
    return saved
