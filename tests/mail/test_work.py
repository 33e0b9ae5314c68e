"""``manage.py work`` as it runs in production: it looks by itself, and bears a lost database."""

import os
import sys
import time
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from mail.models import Message
from mail.outbox import queue_letter
from tests.factories import UserFactory
from tests.mail.conftest import free_port, hidden, open_server
from tests.servers import database_url, lay_out_throttle, running

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


@pytest.fixture
def worker(postbox, tmp_path):
    """Starts ``manage.py work`` against the test's database and mail server."""
    port = free_port()
    lay_out_throttle()
    environment = os.environ | {
        "APIM_DEBUG": "1",
        "APIM_DATABASE_URL": database_url(),
        "APIM_MAIL_URL": f"smtp://127.0.0.1:{port}?timeout=90",
        "APIM_BACKGROUND": "worker",
    }

    def start(log="log"):
        command = [sys.executable, "manage.py", "work"]
        return running(command, tmp_path / log, environment=environment, cwd=settings.BASE_DIR)

    with open_server(postbox, port):
        yield start


def queue():
    # As another process does: nobody wakes the worker.
    user = UserFactory(email=f"{uuid4()}@example.org")
    return queue_letter("account_activated", to=user.email, reference=user.public_id)


def wait_for(condition, *, seconds):
    """How long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)
    return time.monotonic() - began


@contextmanager
def database_away():
    """It ends every connection but ours and takes no new one."""
    if connection.vendor == "sqlite":
        with hidden("mail_message"):
            yield
        return
    facts = connection.settings_dict
    name = facts["NAME"]
    where = {"host": facts["HOST"], "port": facts["PORT"] or 5432, "user": facts["USER"]}
    if facts["PASSWORD"]:
        where["password"] = facts["PASSWORD"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [own] = cursor.fetchone()
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                [name, own],
            )
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_the_worker_notices_an_email_within_two_seconds(worker, postbox):
    with worker():
        queue()
        wait_for(lambda: len(postbox.letters) == 1, seconds=60)
        took = []
        for number in range(2, 5):
            # In any moment between two looks.
            time.sleep(0.3 * number)
            queue()
            took.append(wait_for(lambda n=number: len(postbox.letters) == n, seconds=30))

    # The other work of this machine can only make it longer.
    assert min(took) < 2


def test_an_email_held_by_a_killed_worker_leaves_through_another_within_thirty_seconds(
    worker, postbox
):
    postbox.pause = 60
    message = queue()
    with worker("first") as first:
        wait_for(lambda: postbox.letters, seconds=60)
        with worker("second"):
            # Long enough for it to look while the first one lives.
            time.sleep(3)
            assert len(postbox.letters) == 1
            first.kill()
            first.wait()
            postbox.pause = 0

            took = wait_for(lambda: len(postbox.letters) == 2, seconds=45)
            wait_for(lambda: Message.objects.get().state == State.SENT, seconds=30)

    assert took < 30
    assert {letter["Message-ID"] for letter in postbox.letters} == {message.message_id}


def test_a_worker_bears_a_lost_database_in_one_line_and_goes_on(worker, postbox, tmp_path):
    with worker() as process:
        queue()
        wait_for(lambda: Message.objects.filter(state=State.SENT).exists(), seconds=60)
        with database_away():
            time.sleep(8)
        queue()
        wait_for(lambda: len(postbox.letters) == 2, seconds=30)
        assert process.poll() is None

    log = (tmp_path / "log").read_text()
    lines = [line for line in log.splitlines() if ": the database does not answer" in line]
    assert len(lines) == 1, log
    assert "Traceback" not in log
    assert "deliver works again" in log
