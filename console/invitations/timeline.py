"""What became of an invitation, step by step: what its newest letter and its link went through."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from anymail.signals import EventType
from django.utils.translation import gettext as _

from invitations.models import Invitation
from mail.models import Message, Report
from mail.status import Condition, condition_by_setting

State = Message.State

# Icon and mood of what a provider reports.
REPORTS: dict[str, tuple[str, str]] = {
    EventType.DEFERRED: ("clock", "wait"),
    EventType.DELIVERED: ("inbox-arrow-down", "good"),
    EventType.OPENED: ("envelope-open", "good"),
    EventType.BOUNCED: ("arrow-uturn-left", "bad"),
    EventType.REJECTED: ("no-symbol", "bad"),
    EventType.FAILED: ("no-symbol", "bad"),
    EventType.COMPLAINED: ("hand-thumb-down", "bad"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """``words`` are somebody else's, a mail server's; ``hint`` is ours."""

    label: str
    icon: str
    at: datetime | None
    mood: str = "mute"
    words: str = ""
    hint: str = ""


def fate_of(letter: Message) -> str:
    """Its state, and of a letter that was taken what is known since; a word of ``base.ui``."""
    if letter.state != State.SENT:
        return str(letter.state)
    known = {
        "complained": letter.complained_at,
        "opened": letter.opened_at,
        "delivered": letter.delivered_at,
    }
    return next((word for word, at in known.items() if at), "sent")


def steps_of(invitation: Invitation, letter: Message | None) -> list[Step]:
    """In the order in which they happened; the last says what is waited for, if anything is."""
    steps = [*_of_letter(letter), *_of_link(invitation)]
    happened = sorted((step for step in steps if step.at), key=lambda step: step.at)  # type: ignore[arg-type, return-value]
    return [*happened, *(step for step in steps if step.at is None)]


def _of_letter(letter: Message | None) -> Iterable[Step]:
    if letter is None:
        return
    yield Step(label=_("Letter queued"), icon="queue-list", at=letter.created_at)
    if letter.sent_at:
        # What a letter that came back was taken with is gone; its words now are the refusal's.
        words = letter.answer if letter.state == State.SENT else ""
        # The inbox says nothing; what a server said was said by a server, whatever is set now.
        stays_here = condition_by_setting() is Condition.KEPT and not letter.answer
        yield Step(
            label=_("Kept in the local inbox")
            if stays_here
            else _("Handed over to the mail server"),
            icon="inbox-arrow-down" if stays_here else "paper-airplane",
            at=letter.sent_at,
            mood="good",
            words=words,
        )
    for report in letter.reports.all():
        yield _reported(report)
    yield from _of_unsent(letter)


def _reported(report: Report) -> Step:
    icon, mood = REPORTS.get(report.kind, ("envelope", "mute"))
    return Step(label=report.words, icon=icon, at=report.at, mood=mood, words=report.answer)


def _of_unsent(letter: Message) -> Iterable[Step]:
    if letter.state == State.HELD:
        yield Step(label=_("Held back: mail is off"), icon="pause", at=None, mood="wait")
    elif letter.will_be_retried:
        yield Step(
            label=_("Deferred: tried again by itself"),
            icon="clock",
            at=letter.first_tried_at,
            mood="wait",
            words=letter.answer,
        )
    elif letter.state == State.FAILED:
        yield Step(
            label=_("Refused"),
            icon="no-symbol",
            at=letter.first_tried_at,
            mood="bad",
            words=letter.answer,
        )


def _of_link(invitation: Invitation) -> Iterable[Step]:
    if invitation.opened_at:
        yield Step(
            label=_("Link opened"),
            icon="cursor-arrow-rays",
            at=invitation.opened_at,
            mood="good",
            hint=_(
                "By the reader, or by a mail scanner: these fetch links too. Nothing was used up."
            ),
        )
    if invitation.accepted_at:
        yield Step(label=_("Accepted"), icon="check-circle", at=invitation.accepted_at, mood="good")
    elif invitation.declined_at:
        yield Step(label=_("Declined"), icon="hand-raised", at=invitation.declined_at)
    elif invitation.revoked_at:
        yield Step(label=_("Revoked"), icon="link-slash", at=invitation.revoked_at)
    elif invitation.is_pending:
        yield Step(
            label=_("Waiting for an answer"), icon="ellipsis-horizontal", at=None, mood="wait"
        )
    else:
        yield Step(label=_("Ended unused"), icon="clock", at=invitation.expires_at)
