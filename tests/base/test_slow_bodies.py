"""Connections over which nothing comes any more are closed, and no others."""

import socket
import sys
import threading
from contextlib import ExitStack

import pytest

from base import slow_bodies
from base.slow_bodies import WatchedBody, close_silent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how long it is")


@pytest.fixture
def connection():
    """Both ends, ours first, and our port."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        theirs = stack.enter_context(socket.create_connection(listener.getsockname()))
        ours = stack.enter_context(listener.accept()[0])
        theirs.settimeout(30)
        yield ours, theirs, str(ours.getsockname()[1])


def wait(seconds):
    threading.Event().wait(seconds)


def test_a_silent_connection_is_closed(connection):
    ours, theirs, port = connection
    theirs.sendall(b"x")
    wait(0.3)

    assert close_silent("127.0.0.1", port, silence=0.2) == 1

    assert theirs.recv(1) == b""
    assert (ours.recv(5), ours.recv(5)) == (b"x", b"")


@pytest.mark.parametrize(
    ("sender", "port", "silence"),
    [("127.0.0.1", None, 60), ("127.0.0.2", None, 0), ("127.0.0.1", "1", 0)],
)
def test_other_connections_stay_open(connection, sender, port, silence):
    ours, theirs, own_port = connection

    assert close_silent(sender, port or own_port, silence=silence) == 0

    theirs.sendall(b"x")
    assert ours.recv(1) == b"x"


def test_a_read_that_is_waited_for_too_long_ends(connection, monkeypatch):
    monkeypatch.setattr(slow_bodies, "SILENCE", 0.2)
    monkeypatch.setattr(slow_bodies, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(slow_bodies, "_watcher", None)
    ours, theirs, port = connection
    theirs.sendall(b"x")
    with ours.makefile("rb") as stream:
        body = WatchedBody(stream, sender="127.0.0.1", port=port)

        # Would block for ever: one byte came, and the sender keeps the line.
        assert body.read(1000) == b"x"
        assert body.readline() == b""

    assert not slow_bodies._waits
