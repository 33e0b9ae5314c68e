"""Operations on the letters of the outbox."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.journal import record
from base.authority import Actor, Permission, action
from mail.jobs import delivery_job
from mail.models import Message
from mail.outbox import new_message_id

State = Message.State


class LetterOnItsWay(ValidationError):
    """A sender has it in hand: what becomes of it is known in a moment."""

    def __init__(self) -> None:
        super().__init__(_("This letter is being sent right now."), code="letter_on_its_way")


class LetterWasSent(ValidationError):
    """The mail server has taken it; there is nothing to send or to stop."""

    def __init__(self) -> None:
        super().__init__(_("This letter was sent already."), code="letter_was_sent")


class LetterDoesNotWait(ValidationError):
    """It failed or came back: there is nothing to stop, and what the server said stays."""

    def __init__(self) -> None:
        super().__init__(_("This letter does not wait to be sent."), code="letter_does_not_wait")


class MailIsOff(ValidationError):
    """Nothing would take the letter: it stays where it is found again."""

    def __init__(self) -> None:
        super().__init__(
            _("Mail is off. Name a mail server in APIM_MAIL_URL first, then send it."),
            code="mail_is_off",
        )


@action(Permission.EMAILS_MANAGE)
def send_letter_again(*, message: Message, by: Actor | None) -> Message:
    """Let a letter leave now that failed, came back, was held or stopped, or waits for a later try.

    It is asked again whether it is still wanted. The Message-ID stays, unless a server took the
    letter before: a reader's program would drop the second one unseen. Raises LetterOnItsWay,
    LetterWasSent, MailIsOff.
    """
    _refuse_while_off()
    message = _not_in_hand(message)
    if message.state == State.BOUNCED:
        message.message_id, message.provider_id = new_message_id(), ""
        message.sent_at = message.delivered_at = message.bounced_at = None
    message.state, message.answer = State.QUEUED, ""
    message.not_before = timezone.now()
    # Giving up counts from the first try of this round.
    message.first_tried_at = None
    # Whoever pressed the button waits for this one.
    message.priority = Message.Priority.SINGLE
    message.save()
    record("letter.sent_again", by=by, subject=message)
    transaction.on_commit(delivery_job.wake)
    return message


@action(Permission.EMAILS_MANAGE)
def cancel_letter(*, message: Message, by: Actor | None) -> Message:
    """Stop a letter that waits. Quiet for a stopped one.

    Raises LetterOnItsWay, LetterWasSent, LetterDoesNotWait.
    """
    message = _not_in_hand(message)
    if message.state == State.CANCELLED:
        return message
    if message.state in {State.FAILED, State.BOUNCED}:
        raise LetterDoesNotWait
    message.state, message.answer = State.CANCELLED, ""
    message.save(update_fields=["state", "answer"])
    record("letter.cancelled", by=by, subject=message)
    return message


@action(Permission.EMAILS_MANAGE)
def send_all_again(*, state: str, by: Actor) -> int:
    """Let every letter leave that was held or has failed; the number of them.

    One statement and one line in the journal, however many there are. Raises MailIsOff.
    """
    _refuse_while_off()
    if state not in {State.HELD, State.FAILED}:
        raise ValueError(f"Letters that are {state} cannot be sent again all at once.")
    now = timezone.now()
    count = Message.objects.filter(state=state).update(
        state=State.QUEUED,
        answer="",
        not_before=now,
        first_tried_at=None,
        priority=Message.Priority.BULK,
    )
    if count:
        # Of all at once, as an export is: they are nobody's in particular.
        record("letters.sent_again", by=by, subject=by, state=state, count=count)
        transaction.on_commit(delivery_job.wake)
    return count


def _refuse_while_off() -> None:
    if settings.MAIL_IS_OFF:
        raise MailIsOff


def _not_in_hand(message: Message) -> Message:
    """The locked row. A sender whose lease is over is gone, so its letter may be had."""
    message = Message.objects.select_for_update().get(pk=message.pk)
    if message.state == State.SENT:
        raise LetterWasSent
    if message.state == State.SENDING and not message.is_abandoned:
        raise LetterOnItsWay
    return message
