"""Letters sent again or stopped by hand."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import Event
from mail.actions import (
    LetterDoesNotWait,
    LetterOnItsWay,
    LetterWasSent,
    MailIsOff,
    cancel_letter,
    send_all_again,
    send_letter_again,
)
from mail.models import Message

pytestmark = pytest.mark.django_db
State = Message.State


def letter(state, **facts):
    facts = {"to": "chen@example.org", "kind": "welcome", "reference": uuid4()} | facts
    return Message.objects.create(state=state, message_id=f"<{uuid4()}@x>", **facts)


def test_a_failed_letter_is_due_again_and_has_a_day_to_leave(ada):
    long_ago = timezone.now() - timedelta(days=3)
    message = letter(State.FAILED, answer="Given up", attempts=30, first_tried_at=long_ago)

    sent = send_letter_again(message=message, by=ada)

    assert (sent.state, sent.answer, sent.first_tried_at) == (State.QUEUED, "", None)
    assert (sent.message_id, sent.attempts) == (message.message_id, 30)
    assert Message.objects.due().get() == message
    assert Event.objects.filter(action="letter.sent_again").count() == 1


def test_a_bounced_letter_leaves_under_a_new_message_id(ada):
    message = letter(
        State.BOUNCED, provider_id="7f3", sent_at=timezone.now(), bounced_at=timezone.now()
    )

    sent = send_letter_again(message=message, by=ada)

    assert sent.message_id != message.message_id
    assert (sent.provider_id, sent.sent_at, sent.bounced_at) == ("", None, None)


def test_a_letter_that_waits_for_a_later_try_leaves_now(ada):
    message = letter(State.QUEUED, not_before=timezone.now() + timedelta(hours=1), answer="busy")

    send_letter_again(message=message, by=ada)

    assert Message.objects.due().get() == message


@pytest.mark.parametrize("operation", [send_letter_again, cancel_letter])
def test_a_letter_in_hand_is_left_alone_until_its_lease_is_over(ada, operation):
    now = timezone.now()
    message = letter(State.SENDING, leased_until=now + timedelta(minutes=9))
    with pytest.raises(LetterOnItsWay):
        operation(message=message, by=ada)

    Message.objects.update(leased_until=now - timedelta(seconds=1))

    operation(message=message, by=ada)
    message.refresh_from_db()
    assert message.state in {State.QUEUED, State.CANCELLED}


@pytest.mark.parametrize("operation", [send_letter_again, cancel_letter])
def test_a_sent_letter_is_refused(ada, operation):
    with pytest.raises(LetterWasSent):
        operation(message=letter(State.SENT), by=ada)


@pytest.mark.parametrize("state", [State.FAILED, State.BOUNCED])
def test_what_failed_or_came_back_is_not_stopped_and_keeps_the_servers_words(ada, state):
    message = letter(state, answer="550 5.1.1 no such mailbox")

    with pytest.raises(LetterDoesNotWait):
        cancel_letter(message=message, by=ada)

    message.refresh_from_db()
    assert (message.state, message.answer) == (state, "550 5.1.1 no such mailbox")


def test_while_mail_is_off_nothing_leaves_the_place_where_it_is_found_again(ada, settings):
    settings.MAIL_IS_OFF = True
    message = letter(State.HELD)

    with pytest.raises(MailIsOff):
        send_letter_again(message=message, by=ada)
    with pytest.raises(MailIsOff):
        send_all_again(state=State.HELD, by=ada)

    message.refresh_from_db()
    assert message.state == State.HELD


def test_a_stopped_letter_stays_stopped_quietly(ada):
    message = cancel_letter(message=letter(State.HELD), by=ada)

    cancel_letter(message=message, by=ada)

    assert message.state == State.CANCELLED
    assert Event.objects.filter(action="letter.cancelled").count() == 1


def test_all_held_letters_leave_and_failed_ones_stay(ada):
    held = [letter(State.HELD) for _one in range(2)]
    failed = letter(State.FAILED)

    assert send_all_again(state=State.HELD, by=ada) == 2

    assert set(Message.objects.due()) == set(held)
    failed.refresh_from_db()
    assert failed.state == State.FAILED
    assert send_all_again(state=State.HELD, by=ada) == 0
    [event] = Event.objects.filter(action="letters.sent_again")
    assert (event.subject_id, event.data) == (ada.public_id, {"state": "held", "count": 2})


def test_only_held_and_failed_letters_leave_all_at_once(ada):
    with pytest.raises(ValueError, match="cannot be sent again"):
        send_all_again(state=State.SENT, by=ada)
