"""Sending what is due: at least once, and a duplicate only with the same Message-ID.

Each letter is chosen and claimed just before it is sent, by one conditional UPDATE that is the same
on both databases: whoever changes the row first has it, for the length of a lease that is renewed
while its sender lives. So a sender that dies holds back one letter, not a batch, and a password
link never waits for more than the letter in hand.
"""

import logging
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from mail import answers
from mail.answers import Answer, Meaning
from mail.leases import LEASE, Lease, LeaseLost
from mail.letters import UnknownLetter
from mail.line import Line
from mail.models import Message, Outage
from mail.pace import wait_for_turn
from mail.rendering import render

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
# How many rows a sender looks at, so that others who claim at the same moment leave one for it.
LOOK_AHEAD = 10
# However many single emails come in: every tenth turn belongs to bulk that has waited this long.
SINGLES_IN_A_ROW = 9
BULK_PATIENCE = timedelta(minutes=5)

State = Message.State
Priority = Message.Priority
Counts = Counter[str]


def deliver_due(limit: int = 100, *, stop: Callable[[], bool] = lambda: False) -> Counts:
    """Send up to ``limit`` due letters over one kept connection.

    Returns how many became ``sent``, ``failed``, ``cancelled`` or ``queued`` (to be tried again);
    empty when nothing was due. ``stop`` is asked between letters. An outage of the mail server
    ends the batch and holds back what else is due, so that nobody knocks on a closed door.
    """
    counts: Counts = Counter()
    if settings.MAIL_IS_OFF:
        return counts
    has_answered = False
    singles = 0
    with closing(Line()) as line:
        while sum(counts.values()) < limit and _has_turn(stop):
            # Chosen after the turn came: what was queued while we waited may go first.
            message = _claim_next(is_turn_of_bulk=singles >= SINGLES_IN_A_ROW)
            if message is None:
                break
            singles = 0 if message.priority == Priority.BULK else singles + 1
            try:
                with Lease(message) as lease:
                    state, answer = _deliver(message, line, lease)
            except LeaseLost:
                _log_lost(message)
                continue
            counts[state] += 1
            if answer is not None and answer.meaning is Meaning.OUTAGE:
                _hold_back_others(answer.words)
                Outage.meet(answer.words)
                break
            if not has_answered and _has_answered(state, answer):
                has_answered = True
                Outage.end()
    return counts


def _has_turn(stop: Callable[[], bool]) -> bool:
    """Wait for the next turn at the rate; False when told to stop, or when nothing is due."""
    if settings.MAIL_PAUSE and not Message.objects.due().exists():
        return False
    return wait_for_turn(stop) and not stop()


def _has_answered(state: str, answer: Answer | None) -> bool:
    """Whether the mail server took the letter or refused it in its own words: it is there."""
    return state == State.SENT if answer is None else answer.is_servers


def _claim_next(*, is_turn_of_bulk: bool) -> Message | None:
    """Claim the email that goes next; None when nothing is due."""
    was_beaten = True
    while was_beaten:
        was_beaten = False
        for message in _candidates(is_turn_of_bulk=is_turn_of_bulk):
            if _claim(message):
                return message
            was_beaten = True
    return None


def _candidates(*, is_turn_of_bulk: bool) -> Iterator[Message]:
    """What goes next: what a dead sender left, then by priority, the longest due first.

    A query for each, that the index answers by its order; the later ones only where the earlier
    found nothing.
    """
    now = timezone.now()
    abandoned = Message.objects.filter(state=State.SENDING, leased_until__lt=now)
    yield from abandoned.order_by("leased_until")[:LOOK_AHEAD]
    queued = Message.objects.filter(state=State.QUEUED)
    if is_turn_of_bulk:
        patient = queued.filter(priority=Priority.BULK, not_before__lte=now - BULK_PATIENCE)
        yield from patient.order_by("not_before", "id")[:LOOK_AHEAD]
    for priority in Priority:
        due = queued.filter(priority=priority, not_before__lte=now)
        yield from due.order_by("not_before", "id")[:LOOK_AHEAD]


def _claim(message: Message) -> bool:
    """Make the letter this sender's; False when another was quicker or it was withdrawn."""
    now = timezone.now()
    leased_until = now + LEASE
    claimed = Message.objects.due().filter(pk=message.pk, attempts=message.attempts)
    if not claimed.update(
        state=State.SENDING,
        attempts=F("attempts") + 1,
        leased_until=leased_until,
        first_tried_at=Coalesce("first_tried_at", now),
    ):
        return False
    message.attempts += 1
    message.leased_until = leased_until
    message.first_tried_at = message.first_tried_at or now
    return True


def _deliver(message: Message, line: Line, lease: Lease) -> tuple[str, Answer | None]:
    """Render and send one claimed letter; returns its new state and the refusal, if any.

    Raises LeaseLost.
    """
    try:
        email = render(message)
    except DatabaseError:
        raise  # Not the letter's fault; its lease runs out and it is tried again.
    except UnknownLetter as error:
        # Perhaps a letter of a newer release, queued while the machines are being updated.
        return _try_later(message, str(error)), None
    except Exception as error:
        return _fail_unwritten(message, error), None
    if email is None:
        return _settle(message, state=State.CANCELLED), None
    lease.confirm()
    try:
        words = line.send(email)
    except Exception as error:
        answer = answers.read(error)
        if answer.meaning is Meaning.REFUSED:
            return _settle(message, state=State.FAILED, answer=answer.words), answer
        return _try_later(message, answer.words), answer
    facts = {"answer": words, "provider_id": answers.provider_id(email)}
    return _settle(message, state=State.SENT, sent_at=timezone.now(), **facts), None


def _fail_unwritten(message: Message, error: Exception) -> str:
    words = answers.one_line("The letter could not be written:", type(error).__name__, error)
    # Without the exception's own text, which may quote a link.
    logger.error("%s\n%s", words, "".join(traceback.format_tb(error.__traceback__)))
    return _settle(message, state=State.FAILED, answer=words)


def _try_later(message: Message, words: str) -> str:
    now = timezone.now()
    if message.first_tried_at and now - message.first_tried_at >= GIVE_UP_AFTER:
        given_up = answers.one_line("Given up after 24 hours:", words)
        return _settle(message, state=State.FAILED, answer=given_up)
    not_before = now + pause_after(message.attempts)
    return _settle(message, state=State.QUEUED, answer=words, not_before=not_before)


def pause_after(attempts: int) -> timedelta:
    """1 minute after the first attempt, doubled with each one, 1 hour at most; with jitter."""
    growing = FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    jitter = random.uniform(1, 1.25)  # noqa: S311 - spreads load, guards nothing
    return min(growing * jitter, LONGEST_PAUSE)


def _hold_back_others(words: str) -> None:
    """Let what else is due wait out the outage, saying why.

    Always the short pause: the letter just tried has a longer one, so that the next attempt is
    made with another letter and none can stand in the way of all.
    """
    due = Message.objects.filter(state=State.QUEUED, not_before__lte=timezone.now())
    due.update(answer=words, not_before=timezone.now() + FIRST_PAUSE)


def _settle(message: Message, *, state: str, **facts: Any) -> str:
    """Write down what became of a letter, if it is still this sender's."""
    facts |= {"state": state, "leased_until": None}
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)
    if not _insist(lambda: mine.update(**facts)):
        _log_lost(message)
    return state


def _log_lost(message: Message) -> None:
    logger.warning("Letter %s outlived its lease; another sender has it.", message.message_id)


def _insist(write: Callable[[], int]) -> int:
    """A letter that the server took must be noted, or it leaves twice: outlast a short outage."""
    for pause in (0.1, 1, 5, 15):
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
    return write()
