"""Delivery against a real mail server, in every mood of it."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.smtp import AuthResult
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from mail import delivery
from mail.letters import Letter, register
from mail.models import Message
from tests.mail.conftest import open_server, queue_then_fail

pytestmark = pytest.mark.django_db
State = Message.State


def test_letter_is_text_then_html_under_its_fixed_message_id(mail_server, queue):
    message = queue()

    counts = delivery.deliver_due()

    assert counts == Counter(sent=1)
    [letter] = mail_server.letters
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert letter["Message-ID"] == message.message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Tags"] == "account_activated"
    assert letter["From"] == f"Harbour APIs <{django_settings.DEFAULT_FROM_EMAIL}>"
    message.refresh_from_db()
    assert (message.state, message.attempts, message.leased_until) == (State.SENT, 1, None)
    assert message.answer == "250 2.0.0 queued as 000001"
    assert message.sent_at


def test_batch_uses_one_connection(mail_server, queue):
    for number in range(10):
        queue(f"person{number}@example.org")

    assert delivery.deliver_due() == Counter(sent=10)

    assert mail_server.connections == 1
    assert mail_server.recipients == [f"person{number}@example.org" for number in range(10)]


@pytest.mark.parametrize("silently", [False, True])
def test_connection_ended_by_the_server_is_reopened(mail_server, queue, silently):
    mail_server.letters_per_connection = 2
    mail_server.hangs_up_silently = silently
    for number in range(5):
        queue(f"person{number}@example.org")

    assert delivery.deliver_due() == Counter(sent=5)

    assert mail_server.connections == 3
    assert mail_server.recipients == [f"person{number}@example.org" for number in range(5)]


def test_server_that_hangs_up_again_and_again_is_an_outage(mail_server, queue):
    mail_server.letters_per_connection = 0
    queue()
    queue()

    assert delivery.deliver_due() == Counter(queued=1)

    assert set(Message.objects.values_list("state", "answer")) == {
        (State.QUEUED, "421 4.7.0 Too many letters")
    }


def test_rolled_back_action_sends_nothing(mail_server, queue):
    with pytest.raises(RuntimeError):
        queue_then_fail(queue)

    assert delivery.deliver_due() == Counter()
    assert mail_server.letters == []


def test_refused_recipient_fails_in_the_servers_words_and_others_leave(mail_server, queue):
    mail_server.refusals["gone@example.org"] = "550 5.1.1 No such mailbox <here>"
    refused = queue("gone@example.org")
    queue("chen@example.org")

    assert delivery.deliver_due() == Counter(failed=1, sent=1)

    refused.refresh_from_db()
    assert refused.state == State.FAILED
    assert refused.answer == "550 5.1.1 No such mailbox <here>"
    assert refused.what_happened == ("The mail server refused it: 550 5.1.1 No such mailbox <here>")
    assert delivery.deliver_due() == Counter()


def test_address_that_cannot_be_written_fails(mail_server, queue):
    message = queue("nobody@")

    assert delivery.deliver_due() == Counter(failed=1)

    message.refresh_from_db()
    assert message.what_happened.startswith("It was not sent: Invalid address")


def test_temporary_refusal_of_one_recipient_is_tried_later_and_others_leave(mail_server, queue):
    mail_server.refusals["full@example.org"] = "451 4.2.1 Mailbox busy"
    busy = queue("full@example.org")
    queue("chen@example.org")

    assert delivery.deliver_due() == Counter(queued=1, sent=1)

    busy.refresh_from_db()
    assert busy.state == State.QUEUED
    assert busy.will_be_retried
    assert busy.answer == "451 4.2.1 Mailbox busy"
    assert "Will be tried again at " in busy.what_happened
    wait = busy.not_before - timezone.now()
    assert timedelta(seconds=55) < wait <= timedelta(seconds=75)
    assert delivery.deliver_due() == Counter()


def test_refused_sender_holds_letters_back_instead_of_failing_them(mail_server, queue):
    mail_server.refusals["no-reply@apis.example"] = "550 5.7.1 Sender not allowed"
    queue("chen@example.org")
    queue("dara@example.org")

    assert delivery.deliver_due() == Counter(queued=1)

    assert set(Message.objects.values_list("state", "answer")) == {
        (State.QUEUED, "550 5.7.1 Sender not allowed")
    }


def test_wrong_password_of_the_mail_server_holds_letters_back(postbox, dead_port, settings, queue):
    settings.MAILERS["default"]["OPTIONS"] |= {"username": "apim", "password": "forgotten"}
    refuse = {
        "authenticator": lambda *facts: AuthResult(success=False, handled=False),
        "auth_require_tls": False,
    }
    queue()
    queue()

    with open_server(postbox, dead_port, **refuse):
        assert delivery.deliver_due() == Counter(queued=1)

    [(state, words)] = set(Message.objects.values_list("state", "answer"))
    assert state == State.QUEUED
    assert words.startswith("535 5.7.8 Authentication credentials invalid")


def test_outage_delays_and_loses_nothing(postbox, dead_port, queue):
    for number in range(3):
        queue(f"person{number}@example.org")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert delivery.deliver_due() == Counter(queued=1)
        # One knock was enough: the others wait with the same words.
        assert set(Message.objects.values_list("state", "answer")) == {
            (State.QUEUED, "Connection refused")
        }
        assert delivery.deliver_due() == Counter()
        clock.shift(timedelta(minutes=2))
        assert delivery.deliver_due() == Counter(queued=1)

        with open_server(postbox, dead_port):
            clock.shift(timedelta(minutes=5))
            assert delivery.deliver_due() == Counter(sent=3)

    assert sorted(postbox.recipients) == [f"person{number}@example.org" for number in range(3)]


def test_outage_lets_a_letter_queued_meanwhile_try_at_once(dead_port, queue):
    queue("chen@example.org")
    delivery.deliver_due()
    newcomer = queue("dara@example.org")

    assert delivery.deliver_due() == Counter(queued=1)

    newcomer.refresh_from_db()
    assert newcomer.attempts == 1


def test_pauses_double_up_to_an_hour():
    pauses = [delivery.pause_after(attempts) for attempts in range(1, 40)]

    for pause, minutes in zip(pauses, [1, 2, 4, 8, 16, 32], strict=False):
        assert timedelta(minutes=minutes) <= pause <= timedelta(minutes=minutes * 1.25)
    assert set(pauses[6:]) == {timedelta(hours=1)}


def test_gives_up_after_24_hours_of_trying(dead_port, queue):
    message = queue()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tries = 0
        while Message.objects.filter(state=State.QUEUED).exists():
            clock.move_to(Message.objects.get().not_before + timedelta(seconds=1))
            delivery.deliver_due()
            tries += 1
            assert tries < 100
        message.refresh_from_db()
        assert timedelta(hours=24) <= timezone.now() - message.first_tried_at < timedelta(hours=25)

    assert message.state == State.FAILED
    assert message.answer == "Given up after 24 hours: Connection refused"
    assert message.what_happened == ("It was not sent: Given up after 24 hours: Connection refused")
    assert 24 < tries < 40


def test_letter_that_waited_for_a_worker_is_not_given_up(dead_port, queue):
    message = queue()
    Message.objects.update(created_at=timezone.now() - timedelta(days=3))

    delivery.deliver_due()

    message.refresh_from_db()
    assert message.state == State.QUEUED


def test_letter_of_an_unknown_kind_waits_for_the_release_that_knows_it(mail_server, queue):
    stranger = queue(kind="from_the_future")
    queue()

    assert delivery.deliver_due() == Counter(queued=1, sent=1)

    stranger.refresh_from_db()
    assert stranger.answer == "No letter is called from_the_future."


def test_letter_that_cannot_be_written_fails_alone_and_without_its_link(mail_server, queue, caplog):
    token = "t" * 43

    def broken(message):
        raise ValueError(f"cannot link to /invitations/{token}/")

    register(Letter(kind="account_blocked", title="Broken", build=broken))
    unwritten = queue(kind="account_blocked")
    queue()

    assert delivery.deliver_due() == Counter(failed=1, sent=1)

    unwritten.refresh_from_db()
    assert unwritten.answer == (
        "The letter could not be written: ValueError cannot link to /invitations/[redacted]/"
    )
    assert "in broken" in caplog.text
    assert token not in caplog.text


def test_letter_without_templates_fails_with_the_reason(mail_server, queue, plain_letter):
    register(Letter(kind="bare", title="Bare", build=lambda message: {"service": object()}))
    message = queue(kind="bare")

    assert delivery.deliver_due() == Counter(failed=1)

    message.refresh_from_db()
    assert message.what_happened.startswith("It was not sent: The letter could not be written: ")


def test_letter_of_a_dead_sender_is_sent_when_its_lease_is_over(mail_server, queue):
    message = queue()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert delivery._claim(message)
        assert delivery.deliver_due() == Counter()
        assert Message.objects.get().leased_until == timezone.now() + delivery.LEASE

        clock.shift(delivery.LEASE + timedelta(seconds=1))
        assert delivery.deliver_due() == Counter(sent=1)

    assert [letter["Message-ID"] for letter in mail_server.letters] == [message.message_id]


def test_sender_whose_lease_ran_out_does_not_touch_the_letter(mail_server, queue, caplog):
    message = queue()

    delivery._claim(message)
    Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    [again] = Message.objects.all()
    assert delivery._claim(again)

    delivery._settle(message, state=State.FAILED, answer="too late")

    again.refresh_from_db()
    assert (again.state, again.attempts) == (State.SENDING, 2)
    assert "outlived its lease" in caplog.text


def test_claim_is_won_once(queue):
    first, second = queue(), Message.objects.get()

    assert delivery._claim(first)
    assert not delivery._claim(second)


def test_stop_ends_the_batch_between_letters(mail_server, queue):
    for _number in range(3):
        queue()

    counts = delivery.deliver_due(stop=lambda: bool(mail_server.letters))

    assert counts == Counter(sent=1)
    assert Message.objects.filter(state=State.QUEUED).count() == 2


def test_limit_bounds_the_batch(mail_server, queue):
    for _number in range(3):
        queue()

    assert delivery.deliver_due(limit=2) == Counter(sent=2)


# --- The database fails, not the mail server -------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_letter_taken_by_the_server_is_noted_though_the_database_hung_up(mail_server, queue):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection that could be lost")
    message = queue()
    connection.ensure_connection()
    own = connection.connection.info.backend_pid

    def hang_up(letter):
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [own])
        other.close()

    mail_server.on_letter = hang_up

    assert delivery.deliver_due() == Counter(sent=1)

    message.refresh_from_db()
    assert message.state == State.SENT
    assert len(mail_server.letters) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_comes_back_does_not_overwrite_a_stopped_letter(mail_server, queue):
    """Its lease was over and the letter was stopped; the late sender's note is dropped."""
    message = queue()

    def stop(_letter):
        Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        Message.objects.filter(pk=message.pk).update(state=State.CANCELLED)
        connection.close()

    mail_server.on_letter = stop
    delivery.deliver_due()

    message.refresh_from_db()
    assert message.state == State.CANCELLED


def test_a_server_that_is_down_for_an_hour_delays_and_loses_nothing(postbox, dead_port, queue):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for minute in range(60):
            if minute % 3 == 0:
                queue(f"person{minute}@example.org")
            assert not delivery.deliver_due()["sent"]
            clock.shift(timedelta(minutes=1))
        assert not Message.objects.exclude(state=State.QUEUED).exists()

        with open_server(postbox, dead_port):
            # A letter tried in vain waits an hour for its next try at the most.
            for _minute in range(62):
                delivery.deliver_due()
                clock.shift(timedelta(minutes=1))

    assert Counter(Message.objects.values_list("state", flat=True)) == {State.SENT: 20}
    assert sorted(postbox.recipients) == sorted(f"person{n}@example.org" for n in range(0, 60, 3))


def test_the_envelope_names_the_senders_own_address(mail_server, queue, settings):
    """SPF is judged by the envelope, so it is of the domain that the letter says it comes from."""
    settings.DEFAULT_FROM_EMAIL = "Harbour <no-reply@apis.example.org>"
    queue()

    delivery.deliver_due()

    assert mail_server.envelope_senders == ["no-reply@apis.example.org"]
    assert mail_server.letters[0]["From"] == "Harbour <no-reply@apis.example.org>"
    assert mail_server.letters[0]["Sender"] is None
