"""Operations on the words of letters. They stand here because mail does not know the journal."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.journal import Recordable, record
from base.authority import Permission, action
from mail.drafts import Draft, draft_of, newest_wording
from mail.letters import letter_of
from mail.models import Message, Wording
from mail.originals import original_of
from mail.outbox import queue_letter
from service.actions.outbox import MailIsOff

TEST_LETTER = "test_letter"

# As long as its column; the journal has the whole name.
LONGEST_AUTHOR = 300


class ChangedMeanwhile(ValidationError):
    """Somebody saved another version since the form was made."""

    def __init__(self, newest: Wording) -> None:
        self.newest = newest
        who, _sign, _address = newest.author_label.partition(" <")
        super().__init__(
            _(
                "%(who)s has saved version %(version)d meanwhile, so nothing was changed. Look at theirs first; to replace it all the same, press the button again."
            ),
            code="changed_meanwhile",
            params={"who": who, "version": newest.version},
        )


class CannotBeRestored(ValidationError):
    """The letter has changed since: the version would fail."""

    def __init__(self, faults: list[str]) -> None:
        words = _("This version cannot be used any more. %(faults)s")
        super().__init__(words, code="cannot_be_restored", params={"faults": " ".join(faults)})


@action(Permission.EMAILS_MANAGE)
def edit_letter(*, kind: str, language: str, draft: Draft, based_on: int, by: Recordable) -> bool:
    """Let a letter say something else from now on; False when it says that already.

    ``based_on`` is the version that the writer had before them, 0 for the original. Raises
    ChangedMeanwhile, or ValidationError with the faults of each part, line by line.
    """
    letter = letter_of(kind)
    draft.check(letter)
    newest = newest_wording(kind, language)
    if draft == (draft_of(newest) or original_of(letter, language)):
        return False
    saved = _add(newest, kind, language, draft, based_on=based_on, by=by)
    record("letter.edited", by=by, subject=saved, version=saved.version)
    return True


@action(Permission.EMAILS_MANAGE)
def restore_letter(
    *, kind: str, language: str, wording: Wording | None, based_on: int, by: Recordable
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
    *, kind: str, language: str, draft: Draft, to: str, by: Recordable, zone: str = "UTC"
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


def _add(
    newest: Wording | None,
    kind: str,
    language: str,
    draft: Draft | None,
    *,
    based_on: int,
    by: Recordable,
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
