"""The database refuses, hangs, comes back: 503 at once, and the truth again without a restart."""

import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from gateway.check import query, usage

pytestmark = pytest.mark.django_db(transaction=True)


class Line:
    """A line to PostgreSQL that can be cut, or hold its tongue."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.is_silent = False
        self.ends = []
        self.listener = None

    def open(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                near, _address = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            self.ends += [near, far]
            for one, other in [(near, far), (far, near)]:
                threading.Thread(target=self.carry, args=[one, other], daemon=True).start()

    def carry(self, one, other):
        try:
            while data := one.recv(65536):
                while self.is_silent:
                    time.sleep(0.02)
                other.sendall(data)
        except OSError:
            pass

    def cut(self):
        # Shut down first: an accept under way keeps a closed listener listening.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()


@pytest.fixture
def line(monkeypatch, is_sqlite):
    """Between the check and PostgreSQL; what the test itself reads goes past it."""
    if is_sqlite:
        yield None
        return
    facts = connection.settings_dict
    line = Line(facts["HOST"], int(facts["PORT"] or 5432))
    line.open()
    own = connection.get_connection_params() | {"host": "127.0.0.1", "port": line.port}
    monkeypatch.setattr(connection, "get_connection_params", lambda: dict(own))
    yield line
    line.is_silent = False
    query.close()
    line.cut()


def timed(ask, key):
    began = time.monotonic()
    status = ask(key=key.plaintext).status
    return status, time.monotonic() - began


def test_a_database_that_refuses_is_told_at_once_and_seen_when_it_is_back(ask, key, line):
    if line is None:
        _test_a_file_that_is_away(ask, key)
        return
    assert ask(key=key.plaintext).status == 200
    line.cut()

    for _call in range(3):
        status, seconds = timed(ask, key)
        assert (status, seconds < query.DEADLINE) == (503, True)

    line.open(line.port)
    assert ask(key=key.plaintext).status == 200
    assert usage.flush() == 2


def _test_a_file_that_is_away(ask, key):
    query.close()
    file = Path(str(connection.settings_dict["NAME"]))
    away = file.with_name(f"{file.name}-away")
    file.rename(away)
    try:
        assert timed(ask, key)[0] == 503
        # And no empty database stands in its place, which a service would then migrate.
        assert not file.exists()
    finally:
        away.rename(file)
    assert ask(key=key.plaintext).status == 200


def test_a_database_that_hangs_costs_one_call_its_patience(ask, key, line, monkeypatch):
    if line is None:
        # SQLite's file does not hang: a reader waits for nobody.
        return
    monkeypatch.setattr(query, "PAUSE", 30)
    assert ask(key=key.plaintext).status == 200
    line.is_silent = True

    status, seconds = timed(ask, key)
    assert (status, seconds < query.DEADLINE + 2) == (503, True)
    # Nobody else waits meanwhile.
    status, seconds = timed(ask, key)
    assert (status, seconds < query.DEADLINE) == (503, True)

    line.is_silent = False
    # Not through monkeypatch: it would give the pause back at its end, to whatever test comes next.
    query._paused_until = 0.0
    assert ask(key=key.plaintext).status == 200


def test_a_connection_has_the_options_of_the_address(key, monkeypatch, is_sqlite):
    """What APIM_DATABASE_URL says for libpq holds for the check too: certificates, search path."""
    if is_sqlite:
        return
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", "-c search_path=nowhere")

    with pytest.raises(query.DatabaseUnavailable):
        query.ask(
            secret="", key=key.plaintext, key_given=True, path="/orders", at=datetime.now(UTC)
        )
