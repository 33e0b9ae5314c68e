"""The thread that delivers right after the commit."""

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mail.jobs import delivery_job
from mail.models import Message, Outage
from tests.mail.conftest import hidden, open_server, queue_then_fail

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


@pytest.fixture(autouse=True)
def inline(settings):
    settings.BACKGROUND = "inline"
    yield
    delivery_job.stop()


def eventually(state, seconds=5.0) -> Message:
    """The only letter, once it is in this state."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        message = Message.objects.get()
        if message.state == state:
            return message
        time.sleep(0.01)
    raise AssertionError(f"still {message.state}: {message.answer}")


def test_letter_leaves_after_the_commit_and_not_before(mail_server, queue):
    with transaction.atomic():
        queue()
        time.sleep(0.3)
        assert mail_server.letters == []

    eventually(State.SENT)
    assert len(mail_server.letters) == 1


def test_rolled_back_letter_never_leaves(mail_server, queue):
    with pytest.raises(RuntimeError):
        queue_then_fail(queue)
    delivery_job.wake()
    time.sleep(0.3)

    assert mail_server.letters == []


def test_letter_that_waits_leaves_when_its_time_comes(mail_server, queue):
    with transaction.atomic():
        queue()
        Message.objects.update(not_before=timezone.now() + timedelta(seconds=1))

    assert Message.objects.get().state == State.QUEUED
    eventually(State.SENT, seconds=10)


def test_what_a_process_that_died_had_queued_leaves_through_another(mail_server, queue, settings):
    delivery_job.wake()
    time.sleep(0.5)
    # Committed, and dead before it could wake anybody.
    settings.BACKGROUND = "worker"
    queue()
    settings.BACKGROUND = "inline"

    eventually(State.SENT, seconds=10)


def test_dead_server_delays_the_letter(postbox, dead_port, queue):
    queue()
    until = time.monotonic() + 5
    # Noted last, after the others were held back.
    while not Outage.objects.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert Message.objects.get().answer == "Connection refused"

    with open_server(postbox, dead_port):
        Message.objects.update(not_before=timezone.now())
        delivery_job.wake()
        eventually(State.SENT)


def test_delivery_starts_again_after_a_stop(mail_server, queue):
    queue()
    eventually(State.SENT)
    delivery_job.stop()
    assert not delivery_job._is_running()
    Message.objects.all().delete()

    queue()

    eventually(State.SENT)


def test_delivery_stays_asleep_where_a_worker_delivers(mail_server, queue, settings):
    settings.BACKGROUND = "worker"

    queue()

    assert not delivery_job._is_running()


def test_delivery_outlives_a_database_that_does_not_answer(mail_server, queue, settings):
    queue()
    eventually(State.SENT)
    thread = delivery_job._thread
    Message.objects.all().delete()
    # The table is away for a moment, as the whole database may be.
    with hidden("mail_message"):
        delivery_job.wake()
        time.sleep(0.3)
    assert thread.is_alive()

    queue()

    eventually(State.SENT)
    assert delivery_job._thread is thread
