"""Requests with a body: so many at once.

A thread of the server is held by whoever waits: for a slot to hash a password, for a counter, for
the rest of a body. So such requests get only a part of the threads (docs/adr/0028); what is left
answers the probes, the check and plain pages, and refuses what is too much at once.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from base import server
from base.slow_bodies import WatchedBody

Environ = dict[str, Any]
# Any: Django's handler answers with a response of its own, which is iterable.
WSGIApplication = Callable[[Environ, Any], Any]

BUSY = "The service is busy. Try again in a few seconds."
RETRY_AFTER = ("Retry-After", "5")


class Busy(Exception):
    """No place is free; answer 503 with Retry-After."""


class Places:
    """So many may be inside. Whoever finds none waits while it is new that none is free, and is
    refused at once while that goes on: twenty colleagues at the same moment get their turn, and a
    flood holds nobody up."""

    def __init__(self, number: int, *, patience: float = 0.5, calm: float = 2.0) -> None:
        self.number = number
        # How long is new, and how long none may have been missing for it to be new again.
        self.patience = patience
        self.calm = calm
        self._inside = 0
        self._full_since = self._last_full = -calm
        self._left = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Inside for the block. Raises Busy."""
        with self._left:
            if not self._has_room() and not self._left.wait_for(self._has_room, self._patience()):
                raise Busy
            self._inside += 1
        try:
            yield
        finally:
            with self._left:
                self._inside -= 1
                self._left.notify()

    def _has_room(self) -> bool:
        return self._inside < self.number

    def _patience(self) -> float:
        now = time.monotonic()
        if now - self._last_full > self.calm:
            self._full_since = now
        self._last_full = now
        return max(self._full_since + self.patience - now, 0)


def most_at_once(threads: int) -> int:
    """Three quarters of the threads, and never the last one if there are two."""
    return max(1, threads - max(1, threads // 4))


places = Places(most_at_once(server.threads()))


def admit(application: WSGIApplication) -> WSGIApplication:
    """``application``, asked by so many requests with a body at once."""

    def front(environ: Environ, start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes]
        if not has_body(environ):
            answer = application(environ, start_response)
            return answer
        try:
            with places.place():
                watch_body(environ)
                answer = application(environ, start_response)
                return answer
        except Busy:
            return _refuse(start_response)

    return front


def has_body(environ: Environ) -> bool:
    """Whether there may be one: HTTP/2 tells no length."""
    return (
        environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
        or environ.get("CONTENT_LENGTH", "") not in {"", "0"}
        or "HTTP_TRANSFER_ENCODING" in environ
    )


def watch_body(environ: Environ) -> None:
    """Let nobody wait without end for a body that stops coming."""
    environ["wsgi.input"] = WatchedBody(
        environ["wsgi.input"],
        sender=environ.get("REMOTE_ADDR", ""),
        port=environ.get("SERVER_PORT", ""),
    )


def _refuse(start_response: Any) -> Iterable[bytes]:
    """Plain text: a flood must cost less to refuse than to send."""
    body = f"{BUSY}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        # The body is not read, so the server closes; whoever keeps connections is told.
        ("Connection", "close"),
        RETRY_AFTER,
    ]
    start_response("503 Service Unavailable", headers)
    return [body]
