"""Sending what is due: at least once, and a duplicate only with the same Message-ID.

Each letter is claimed just before it is sent, by one conditional UPDATE that is the same on both
databases: whoever changes the row first has it, for the length of a lease. So a sender that dies
holds back one letter, not a batch, and it is tried again when its lease is over.
"""

import logging
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from mail import answers
from mail.answers import Answer, Meaning
from mail.letters import UnknownLetter
from mail.line import Line
from mail.models import Message, Outage
from mail.pace import wait_for_turn
from mail.rendering import render

logger = logging.getLogger(__name__)

# Longer than any single letter takes: ten steps of an SMTP conversation at 20 seconds each, twice.
LEASE = timedelta(minutes=10)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)

State = Message.State
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
    candidates = list(Message.objects.due().order_by("not_before", "id")[:limit])
    has_turn = has_answered = False
    with closing(Line()) as line:
        for message in candidates:
            # A turn serves until a letter is had: others may have taken the next ones already.
            has_turn = has_turn or wait_for_turn(stop)
            if not has_turn or stop():
                break
            if not _claim(message):
                continue
            has_turn = False
            state, answer = _deliver(message, line)
            counts[state] += 1
            if answer is not None and answer.meaning is Meaning.OUTAGE:
                _hold_back_others(answer.words)
                Outage.meet(answer.words)
                break
            if not has_answered and _has_answered(state, answer):
                has_answered = True
                Outage.end()
    return counts


def _has_answered(state: str, answer: Answer | None) -> bool:
    """Whether the mail server took the letter or refused it in its own words: it is there."""
    return state == State.SENT if answer is None else answer.is_servers


def next_due() -> datetime | None:
    """When the next letter becomes due, if any waits."""
    if settings.MAIL_IS_OFF:
        return None
    soonest = Message.objects.aggregate(
        waiting=Min("not_before", filter=Q(state=State.QUEUED)),
        leased=Min("leased_until", filter=Q(state=State.SENDING)),
    )
    return min((moment for moment in soonest.values() if moment), default=None)


def _claim(message: Message) -> bool:
    """Make the letter this sender's; False when another was quicker or it was withdrawn."""
    now = timezone.now()
    claimed = Message.objects.due().filter(pk=message.pk, attempts=message.attempts)
    if not claimed.update(
        state=State.SENDING,
        attempts=F("attempts") + 1,
        leased_until=now + LEASE,
        first_tried_at=Coalesce("first_tried_at", now),
    ):
        return False
    message.attempts += 1
    message.first_tried_at = message.first_tried_at or now
    return True


def _deliver(message: Message, line: Line) -> tuple[str, Answer | None]:
    """Render and send one claimed letter; returns its new state and the refusal, if any."""
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
        logger.warning("Letter %s outlived its lease; another sender has it.", message.message_id)
    return state


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
