"""An email in hand is its sender's while that lives, and somebody else's soon after it died."""

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from base.jobs import POLL_IN_WORKER, POLL_INLINE
from mail import delivery, leases
from mail.leases import LEASE, MARGIN, RENEW_EVERY, RETRY_EVERY, Lease, LeaseLost
from mail.letters import _letters, register
from mail.models import Message
from tests.mail.conftest import hidden

State = Message.State


@pytest.fixture
def short_lease(monkeypatch):
    """The constants in small, in the same proportion."""
    for module in (leases, delivery):
        monkeypatch.setattr(module, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(leases, "MARGIN", timedelta(seconds=1))
    monkeypatch.setattr(leases, "RENEW_EVERY", 0.5)
    monkeypatch.setattr(leases, "RETRY_EVERY", 0.1)


@pytest.fixture
def claimed(queue):
    message = queue()
    assert delivery._claim(message)
    return message


def test_an_email_of_a_killed_sender_is_taken_up_within_thirty_seconds():
    assert LEASE.total_seconds() + max(POLL_IN_WORKER, POLL_INLINE) <= 28
    # A living sender may miss two renewals.
    assert LEASE.total_seconds() > 3 * RENEW_EVERY + RETRY_EVERY
    assert MARGIN.total_seconds() > RENEW_EVERY


@pytest.mark.django_db(transaction=True)
def test_nobody_else_sends_what_waits_for_a_slow_mail_server(mail_server, queue, short_lease):
    message = queue()
    mail_server.pause = 4.5
    looks = []

    def look():
        until = time.monotonic() + 3.5
        while time.monotonic() < until:
            looks.append(delivery.deliver_due())
            time.sleep(0.1)
        connections.close_all()

    other = threading.Timer(0.5, look)
    other.start()
    assert delivery.deliver_due() == Counter(sent=1)
    other.join()

    assert looks.count(Counter()) == len(looks) > 3
    assert len(mail_server.letters) == 1
    message.refresh_from_db()
    assert (message.state, message.attempts, message.leased_until) == (State.SENT, 1, None)


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_after_the_database_was_away(short_lease, claimed):
    with Lease(claimed):
        with hidden("mail_message"):
            time.sleep(1)
        time.sleep(1.5)
        kept = Message.objects.get()

    assert kept.leased_until > claimed.leased_until


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_was_lost_is_not_taken_back(short_lease, claimed):
    with Lease(claimed):
        Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        [other] = Message.objects.all()
        assert delivery._claim(other)
        time.sleep(1.2)

    assert Message.objects.get().leased_until == other.leased_until


@pytest.mark.django_db
def test_a_fresh_lease_is_trusted_without_a_question(claimed, django_assert_num_queries):
    lease = Lease(claimed)

    with django_assert_num_queries(0):
        lease.confirm()


@pytest.mark.django_db
def test_a_sender_that_stood_still_asks_and_goes_on_if_nobody_took_the_email(claimed):
    lease = Lease(claimed)
    with time_machine.travel(timezone.now() + LEASE * 2, tick=False):
        lease.confirm()

        assert Message.objects.get().leased_until == timezone.now() + LEASE


@pytest.mark.django_db
def test_a_sender_that_stood_still_does_not_send_what_another_has(claimed):
    lease = Lease(claimed)
    with time_machine.travel(timezone.now() + LEASE * 2, tick=False):
        assert delivery._claim(Message.objects.get())

        with pytest.raises(LeaseLost):
            lease.confirm()


@pytest.mark.django_db
def test_an_email_lost_while_it_was_written_is_not_handed_over(
    mail_server, queue, plain_letter, caplog
):
    message = queue()
    plain = _letters[plain_letter]
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def stand_still(message):
            clock.shift(LEASE * 2)
            assert delivery._claim(Message.objects.get())
            return plain.build(message)

        register(replace(plain, build=stand_still))

        assert delivery.deliver_due() == Counter()

    assert mail_server.letters == []
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.SENDING, 2)
    assert "outlived its lease" in caplog.text
