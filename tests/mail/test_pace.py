"""The rate that a provider allows, shared by all senders."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections

from mail.delivery import deliver_due
from mail.models import Message, Pace
from mail.pace import wait_for_turn

PAUSE = 0.1


@pytest.fixture
def slow(settings):
    settings.MAIL_PAUSE = timedelta(seconds=PAUSE)


@pytest.mark.django_db
def test_without_a_rate_nobody_waits(settings):
    assert timedelta() == settings.MAIL_PAUSE

    assert wait_for_turn(lambda: False)

    assert not Pace.objects.exists()


@pytest.mark.django_db
def test_letters_keep_their_distance(mail_server, queue, slow):
    arrived = []
    mail_server.on_letter = lambda letter: arrived.append(time.monotonic())
    for _number in range(5):
        queue()
    started = time.monotonic()

    assert deliver_due() == Counter(sent=5)

    assert arrived[-1] - started >= 4 * PAUSE


@pytest.mark.django_db
def test_a_sender_that_waits_for_its_turn_can_be_stopped(mail_server, queue, settings):
    settings.MAIL_PAUSE = timedelta(hours=1)
    assert wait_for_turn(lambda: False)
    queue()
    asked = []

    assert deliver_due(stop=lambda: len(asked) > 1 or bool(asked.append(1))) == Counter()

    assert Message.objects.get().attempts == 0


@pytest.mark.django_db
def test_no_turn_is_spent_on_letters_that_another_sender_took(mail_server, queue, settings):
    settings.MAIL_PAUSE = timedelta(seconds=0.2)
    letters = [queue(f"person{number}@example.org") for number in range(100)]
    taken = [letter.pk for letter in letters[1:-1]]
    others = Message.objects.filter(pk__in=taken)
    started = time.monotonic()

    def take_the_others():
        if mail_server.letters:
            others.update(state=Message.State.SENT)
        return False

    deliver_due(stop=take_the_others)

    assert len(mail_server.letters) == 2
    # 98 turns of 0.2 seconds would be 19.6; the two that are spent are 0.4.
    assert time.monotonic() - started < 12


@pytest.mark.django_db(transaction=True)
def test_two_senders_share_the_rate(mail_server, queue, slow):
    arrived = []
    mail_server.on_letter = lambda letter: arrived.append(time.monotonic())
    for number in range(8):
        queue(f"person{number}@example.org")
    barrier = threading.Barrier(2)
    started = time.monotonic()

    def deliver():
        try:
            barrier.wait()
            deliver_due()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(arrived) == 8
    assert arrived[-1] - started >= 7 * PAUSE
