"""The rows: what they say, and how a list page fetches them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from mail.models import Message
from mail.outbox import cancel_letters
from tests.mail.conftest import queue_then_fail

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"state": "queued"}, "Waiting to be sent."),
        ({"state": "sending"}, "Being sent now."),
        ({"state": "cancelled"}, "Not sent: it was stopped or no longer wanted."),
        (
            {"state": "failed", "answer": "550 No such user"},
            "The mail server refused it: 550 No such user",
        ),
        ({"state": "failed", "answer": "Test: rejected"}, "It was not sent: Test: rejected"),
    ],
)
def test_what_happened_is_one_sentence(facts, sentence):
    assert Message(**facts).what_happened == sentence


def test_what_happened_tells_the_time_in_the_viewers_zone(time_machine):
    time_machine.move_to("2026-11-24 13:00Z")
    soon = timezone.now() + timedelta(minutes=5)
    held_up = Message(state="queued", answer="Connection refused", not_before=soon)
    sent = Message(state="sent", sent_at=timezone.now() - timedelta(days=1))

    with timezone.override("Europe/Berlin"):
        assert held_up.what_happened == "Will be tried again at 14:05: Connection refused"
        assert sent.what_happened == "Sent at 23 Nov 2026, 14:00."
    assert held_up.will_be_retried


def test_latest_by_reference_takes_one_query(queue, django_assert_num_queries):
    first, second, unknown = uuid4(), uuid4(), uuid4()
    queue(reference=first)
    newest_of_first = queue(reference=first)
    queue(reference=first, kind="welcome")
    newest_of_second = queue(reference=second)
    queue(reference=uuid4())

    with django_assert_num_queries(1):
        of_one_kind = Message.objects.filter(kind="account_activated")
        latest = of_one_kind.latest_by_reference([first, second, unknown])

    assert latest == {first: newest_of_first, second: newest_of_second}


def test_cancel_letters_withdraws_waiting_ones_only(queue):
    about = uuid4()
    sent = queue(reference=about)
    Message.objects.update(state=State.SENT)
    queue(reference=about)
    other = queue()

    assert cancel_letters("account_activated", reference=about) == 1

    sent.refresh_from_db()
    other.refresh_from_db()
    assert (sent.state, other.state) == (State.SENT, State.QUEUED)


def test_message_id_is_unique_and_of_the_public_host(queue, settings):
    settings.PUBLIC_URL = "https://apis.example.org"

    assert queue().message_id.endswith("@apis.example.org>")
    assert queue().message_id != queue().message_id


@pytest.mark.django_db(transaction=True)
def test_rolled_back_letter_is_no_letter(queue):
    with pytest.raises(RuntimeError):
        queue_then_fail(queue)

    assert not Message.objects.exists()
