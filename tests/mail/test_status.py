"""Whether letters leave: what pages say before somebody writes one."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from mail import delivery
from mail.models import Message, Outage
from mail.outbox import cancel_letters, queue_letter
from mail.status import Condition, mail_status
from tests.mail.conftest import open_server

pytestmark = pytest.mark.django_db
State = Message.State


def test_mail_works_until_something_else_is_known():
    assert mail_status().condition is Condition.WORKING
    assert mail_status().is_working


@pytest.mark.parametrize(
    "backend",
    [
        "django_mail_preview.backends.EmailBackend",
        "django.core.mail.backends.filebased.EmailBackend",
    ],
)
def test_mail_that_stays_on_this_machine_is_kept(settings, backend):
    settings.MAILERS = {"default": {"BACKEND": backend}}

    assert mail_status().condition is Condition.KEPT
    assert mail_status().is_working


def test_mail_fails_from_the_first_outage_on_with_the_servers_words(
    postbox, dead_port, queue, time_machine
):
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    since = timezone.now()
    queue()
    delivery.deliver_due()
    time_machine.shift(timedelta(minutes=2))
    delivery.deliver_due()

    status = mail_status()

    assert status.condition is Condition.FAILING
    assert not status.is_working
    assert (status.since, status.answer) == (since, "Connection refused")
    assert Outage.objects.get().met_at == timezone.now()

    time_machine.shift(timedelta(minutes=10))
    with open_server(postbox, dead_port):
        delivery.deliver_due()
    assert mail_status().condition is Condition.WORKING


def test_a_refused_recipient_is_no_outage(mail_server, queue):
    mail_server.refusals["gone@example.org"] = "550 5.1.1 No such mailbox"
    mail_server.refusals["full@example.org"] = "451 4.2.1 Mailbox busy"
    queue("gone@example.org")
    queue("full@example.org")

    delivery.deliver_due()

    assert mail_status().condition is Condition.WORKING


def test_an_outage_is_over_once_the_server_refuses_a_letter_in_its_own_words(
    postbox, dead_port, queue, time_machine
):
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    queue("gone@example.org")
    delivery.deliver_due()
    assert mail_status().condition is Condition.FAILING
    postbox.refusals["gone@example.org"] = "550 5.1.1 No such mailbox"

    time_machine.shift(timedelta(minutes=10))
    with open_server(postbox, dead_port):
        delivery.deliver_due()

    assert mail_status().condition is Condition.WORKING


def test_an_outage_that_no_letter_met_for_long_may_be_over(dead_port, queue, time_machine):
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    queue()
    delivery.deliver_due()
    Message.objects.all().delete()

    time_machine.shift(timedelta(hours=2, minutes=1))

    assert mail_status().condition is Condition.WORKING


# --- APIM_MAIL_URL=none: -------------------------------------------------------------------------


@pytest.fixture
def mail_off(settings):
    settings.MAIL_IS_OFF = True


def test_letters_are_held_while_mail_is_off(mail_off, queue):
    message = queue()

    assert mail_status().condition is Condition.OFF
    assert message.state == State.HELD
    assert message.what_happened == "Held back: there was no mail server."
    assert delivery.deliver_due() == {}


def test_letters_queued_before_mail_was_off_wait_and_nobody_waits_for_them(queue, settings):
    message = queue()
    settings.MAIL_IS_OFF = True

    assert delivery.deliver_due() == {}
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 0)

    settings.MAIL_IS_OFF = False
    assert delivery.deliver_due() == {State.SENT: 1}


def test_held_letters_stay_held_when_mail_is_on_again(mail_off, queue, settings):
    queue()
    settings.MAIL_IS_OFF = False

    assert delivery.deliver_due() == {}


def test_held_letters_can_be_withdrawn(mail_off):
    about = uuid4()
    queue_letter("account_activated", to="chen@example.org", reference=about)

    assert cancel_letters("account_activated", "welcome", reference=about) == 1
    assert Message.objects.get().state == State.CANCELLED
