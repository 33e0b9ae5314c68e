"""The worker as it runs in production: a process of its own, ended politely or not."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from mail.delivery import deliver_due
from mail.models import Message
from mail.outbox import queue_letter
from tests.factories import InvitationFactory
from tests.mail.conftest import free_port, hidden, open_server

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


def database_url() -> str:
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    user, password = facts["USER"], facts["PASSWORD"]
    return f"postgres://{user}:{password}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


@pytest.fixture
def worker(postbox):
    """Starts ``manage.py deliver_mail`` against the test's database and mail server."""
    port = free_port()
    environment = os.environ | {
        "APIM_DEBUG": "1",
        "APIM_DATABASE_URL": database_url(),
        "APIM_MAIL_URL": f"smtp://127.0.0.1:{port}",
        "APIM_BACKGROUND": "worker",
    }
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "deliver_mail", "--poll", "0.05", *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    with open_server(postbox, port):
        yield start
        for process in started:
            process.kill()
            process.communicate()


def queue_invitations(sender, number):
    for index in range(number):
        invitation = InvitationFactory(sender=sender, email=f"guest{index}@example.org")
        queue_letter("invitation", to=invitation.email, reference=invitation.public_id)


def test_once_sends_everything_due_and_ends(mail_server, queue):
    for _number in range(120):
        queue()

    call_command("deliver_mail", once=True)

    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    # A new connection for each batch of 100.
    assert mail_server.connections == 2


def test_once_fails_loudly_without_the_database(mail_server, queue):
    queue()

    with hidden("mail_message"), pytest.raises(CommandError, match="Failed: deliver"):
        call_command("deliver_mail", once=True)

    call_command("deliver_mail", once=True)
    assert Message.objects.get().state == State.SENT


def test_once_ends_though_the_server_is_dead(dead_port, queue):
    queue()

    call_command("deliver_mail", once=True)

    assert Message.objects.get().will_be_retried


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_told_to_stop_finishes_the_letter_in_hand(worker, postbox, ada, number):
    queue_invitations(ada, 3)
    postbox.pause = 0.2
    postbox.on_letter = lambda letter: process.send_signal(number)

    process = worker()
    _out, log = process.communicate(timeout=30)

    assert process.returncode == 0
    assert Counter(Message.objects.values_list("state", flat=True)) == {
        State.SENT: 1,
        State.QUEUED: 2,
    }
    assert "mail.jobs: Emails: 1 sent" in log


def test_worker_sends_what_is_queued_while_it_runs(worker, postbox, ada):
    process = worker()
    time.sleep(1.5)
    queue_invitations(ada, 2)
    until = time.monotonic() + 20
    while Message.objects.exclude(state=State.SENT).exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    process.terminate()
    _out, log = process.communicate(timeout=10)

    assert process.returncode == 0
    assert re.search(r"Emails: \d sent", log)
    assert len(postbox.letters) == 2


def test_killed_worker_loses_nothing_and_repeats_only_under_the_same_message_id(
    worker, postbox, ada
):
    """``kill -9`` in the sending window: before the server's answer, after it, and around it."""
    letters, kills = 150, 25
    queue_invitations(ada, letters)
    postbox.pause = 0.01
    for kill in range(kills):
        process = worker()
        strike_at = len(postbox.letters) + 5
        delay = [0, 0.005, 0.012, 0.02, 0][kill % 5]

        def strike(letter, process=process, strike_at=strike_at, delay=delay):
            if len(postbox.letters) == strike_at:
                threading.Timer(delay, process.kill).start() if delay else process.kill()

        postbox.on_letter = strike
        assert process.wait(timeout=30) == -signal.SIGKILL
        # The dead worker's letter is tried again when its lease is over.
        Message.objects.filter(state=State.SENDING).update(
            leased_until=timezone.now() - timedelta(seconds=1)
        )
    postbox.on_letter = None

    process = worker("--once")
    _out, log = process.communicate(timeout=60)

    assert process.returncode == 0, log
    assert Counter(Message.objects.values_list("state", flat=True)) == {State.SENT: letters}
    expected = dict(Message.objects.values_list("to", "message_id"))
    received = {(letter["To"], letter["Message-ID"]) for letter in postbox.letters}
    assert received == set(expected.items())
    # At most one for each kill, and its copies are one message to the reader's program.
    assert 1 <= len(postbox.letters) - letters <= kills
    links = {
        letter["To"]: re.search(r"/invitations/\S+", letter.get_body(["plain"]).get_content())[0]
        for letter in postbox.letters
    }
    assert len(set(links.values())) == letters


def test_two_senders_never_send_a_letter_twice(mail_server, queue):
    for number in range(60):
        queue(f"person{number}@example.org")
    barrier = threading.Barrier(2)
    sent = []

    def deliver():
        try:
            barrier.wait()
            sent.append(deliver_due()["sent"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == 60
    assert min(sent) > 0
    assert sorted(mail_server.recipients) == sorted(f"person{n}@example.org" for n in range(60))
