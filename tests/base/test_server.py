"""What a worker knows of the server it belongs to."""

import os
import socket
import sys

import pytest

from base import server

GRANIAN = ["/somewhere/bin/granian", "--interface", "wsgi"]


@pytest.mark.parametrize(
    ("arguments", "threads"),
    [
        ([*GRANIAN, "--blocking-threads", "4", "apim.wsgi:application"], 4),
        ([*GRANIAN, "--blocking-threads=16", "apim.wsgi:application"], 16),
        (["/lib/granian/__main__.py", "--blocking-threads", "2", "apim.wsgi:application"], 2),
        ([*GRANIAN, "apim.wsgi:application"], server.ASSUMED_THREADS),
        (["manage.py", "runserver", "--blocking-threads", "4"], server.ASSUMED_THREADS),
    ],
)
def test_threads_are_what_the_server_was_told(arguments, threads, monkeypatch):
    monkeypatch.setattr(sys, "argv", arguments)

    assert server.threads() == threads


def test_threads_may_stand_in_the_environment(monkeypatch):
    monkeypatch.setattr(sys, "argv", GRANIAN)
    monkeypatch.setenv("GRANIAN_BLOCKING_THREADS", "8")

    assert server.threads() == 8


@pytest.mark.skipif(sys.platform != "linux", reason="only there servers share a port")
@pytest.mark.parametrize(
    ("asked", "found"),
    [("127.0.0.1", True), ("0.0.0.0", True), ("127.0.0.2", False)],  # noqa: S104
)
def test_whoever_listens_on_the_same_address_and_port_is_found(asked, found):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        others = server._other_listeners(asked, port, main=1)

        assert others == ({os.getpid()} if found else set())
        # Of the same server: its main process is this one's parent.
        assert server._other_listeners(asked, port, main=os.getppid()) == set()
    assert server._other_listeners(asked, port, main=1) == set()


def test_a_process_that_is_no_worker_starts_nothing():
    # Returns, and watches nobody.
    server.start_worker()
