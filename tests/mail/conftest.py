"""A real mail server inside the test: it keeps what it takes, and refuses on demand."""

import asyncio
import email
import email.policy
import socket
from contextlib import contextmanager
from types import SimpleNamespace
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from django.db import connections, transaction

from mail.letters import Letter, _letters, register
from mail.outbox import queue_letter
from tests.factories import AdministratorFactory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postbox:
    """Takes letters, unless ``refusals`` has an answer for the recipient or the sender."""

    def __init__(self):
        self.letters = []
        self.envelope_senders = []
        self.connections = 0
        self.refusals = {}
        self.letters_per_connection = None
        self.hangs_up_silently = False
        self.pause = 0.0
        # Called with each letter before the server answers for it.
        self.on_letter = None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.letters = 0
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        if session.letters == self.letters_per_connection:
            if self.hangs_up_silently:
                server.transport.close()
            return "421 4.7.0 Too many letters"
        session.letters += 1
        envelope.mail_from = address
        self.envelope_senders.append(address)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append(letter)
        if self.on_letter:
            self.on_letter(letter)
        await asyncio.sleep(self.pause)
        return f"250 2.0.0 queued as {len(self.letters):06d}"

    @property
    def recipients(self):
        return [letter["To"] for letter in self.letters]


@contextmanager
def open_server(postbox, port, **options):
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    postbox.connections = 0
    try:
        yield controller
    finally:
        controller.stop()


def queue_then_fail(queue):
    """An action that queues its letter and is rolled back."""
    with transaction.atomic():
        queue()
        raise RuntimeError("the action failed after its letter")


@contextmanager
def hidden(table, alias="default"):
    """Takes a table away for a moment, as the whole database may be."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def smtp(port) -> dict:
    return {
        "default": {
            "BACKEND": "mail.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5},
        }
    }


@pytest.fixture
def postbox():
    return Postbox()


@pytest.fixture
def mail_server(postbox, settings):
    """An open mail server that the service uses."""
    port = free_port()
    settings.MAILERS = smtp(port)
    with open_server(postbox, port):
        yield postbox


@pytest.fixture
def dead_port(settings):
    """The port of a mail server that does not run."""
    port = free_port()
    settings.MAILERS = smtp(port)
    return port


@pytest.fixture
def plain_letter():
    """A letter of its own, ``account_activated`` in words, always wanted."""
    service = SimpleNamespace(name="Harbour APIs", support_address="")
    context = {"service": service, "first_name": "Chen", "email": "chen@example.org"}
    known = dict(_letters)
    register(Letter(kind="account_activated", title="Plain", build=lambda message: context))
    yield "account_activated"
    _letters.clear()
    _letters.update(known)


@pytest.fixture
def queue(plain_letter):
    """Queues letters that are always wanted."""

    def queue_one(to="chen@example.org", kind=plain_letter, reference=None):
        return queue_letter(kind, to=to, reference=reference or uuid4())

    return queue_one


@pytest.fixture
def chen_administrator(db):
    """A second administrator."""
    return AdministratorFactory(email="chen@example.org", first_name="Chen", last_name="Wu")
