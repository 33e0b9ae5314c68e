"""Emails that another release queued: they stop nobody else's, are not lost, and say what is wrong."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from mail import delivery
from mail.letters import Letter, letter_of, register
from mail.models import Message
from tests.factories import AdministratorFactory

pytestmark = pytest.mark.django_db
State = Message.State
WORD = "from_the_future"


def test_it_leaves_once_a_release_knows_it(mail_server, queue, plain_letter):
    stranger = queue(kind=WORD)
    for _number in range(3):
        queue()

    assert delivery.deliver_due() == Counter(queued=1, sent=3)
    stranger.refresh_from_db()
    assert stranger.what_happened.endswith(f": No letter is called {WORD}.")
    assert Message.objects.get(pk=stranger.pk).not_before > timezone.now()

    register(Letter(kind=WORD, title="Newer", build=letter_of(plain_letter).build))
    Message.objects.filter(pk=stranger.pk).update(kind=plain_letter, not_before=timezone.now())
    assert delivery.deliver_due() == Counter(sent=1)


def test_it_fails_where_everybody_sees_it_when_no_release_comes(mail_server, queue):
    stranger = queue(kind=WORD)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while Message.objects.filter(state=State.QUEUED).exists():
            due = Message.objects.get(pk=stranger.pk).not_before
            clock.move_to(due + timedelta(seconds=1))
            delivery.deliver_due()

    stranger.refresh_from_db()
    assert stranger.state == State.FAILED
    assert stranger.answer == f"Given up after 24 hours: No letter is called {WORD}."


def test_a_test_of_a_letter_that_is_unknown_by_now_waits_too(mail_server, queue):
    ada = AdministratorFactory()
    draft = {"subject": "s", "text": "t", "html": "h"}
    message = queue(kind="test_letter", reference=ada.public_id)
    message.data = {"kind": WORD, "draft": draft, "time_zone": "UTC"}
    message.save()
    queue()

    assert delivery.deliver_due() == Counter(queued=1, sent=1)


def test_an_unknown_language_and_an_unknown_state_stop_nobody(mail_server, queue):
    queue()
    Message.objects.update(language="xx")
    Message.objects.filter(pk=queue().pk).update(state="paused")

    assert delivery.deliver_due() == Counter(sent=1)
    assert Message.objects.get(state="paused").what_happened == "paused"
