"""Requests with a body: so many at once, and their bodies within a time.

A thread of the server is held by whoever waits: for a slot to hash a password, for a counter, for
the rest of a body. So such requests get only a part of the threads (docs/adr/0026); what is left
answers the probes, the check and plain pages, and refuses what is too much at once.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO, Any

from base import server

Environ = dict[str, Any]
# Any: Django's handler answers with a response of its own, which is iterable.
WSGIApplication = Callable[[Environ, Any], Any]

# What a request may carry: an import is 10 MB, and its form around it.
MAX_BODY = 16 * 1024 * 1024
# A body is there after this, and from then on comes in at this rate or faster.
BODY_TIMEOUT = 5.0
BYTES_PER_SECOND = 50_000
# Readers that still wait for a body nobody waits for any more. Only its sender can end them.
MAX_STALLED = 200
IN_MEMORY = 512 * 1024
_CHUNK = 16 * 1024


class Refused(Exception):
    """The request is not worked on."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


BUSY = "The service is busy. Try again in a few seconds."


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
        """Inside for the block. Raises Refused with 503."""
        with self._left:
            if not self._has_room() and not self._left.wait_for(self._has_room, self._patience()):
                raise Refused(503, BUSY)
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
    """``application``, asked only with bodies that are complete, by so many at once."""

    def front(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if not has_body(environ):
            bare: Iterable[bytes] = application(environ, start_response)
            return bare
        try:
            with places.place(), receive(environ) as body:
                environ["wsgi.input"] = body
                answer: Iterable[bytes] = application(environ, start_response)
                return answer
        except Refused as refused:
            return _respond(refused, start_response)

    return front


def has_body(environ: Environ) -> bool:
    """Whether there may be one: HTTP/2 tells no length."""
    return (
        environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
        or environ.get("CONTENT_LENGTH", "") not in {"", "0"}
        or "HTTP_TRANSFER_ENCODING" in environ
    )


@contextmanager
def receive(environ: Environ, *, limit: int = MAX_BODY) -> Iterator[IO[bytes]]:
    """The whole body, at its beginning. Raises Refused for one too long, too slow or cut off."""
    length = environ.get("CONTENT_LENGTH", "")
    if length.isdecimal() and int(length) > limit:
        raise Refused(413, f"At most {limit} bytes are taken.")
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
        _Reader(environ["wsgi.input"], body, limit).read()
        size = body.tell()
        if length.isdecimal() and size < int(length):
            raise Refused(400, "The body ended before its length.")
        body.seek(0)
        environ["CONTENT_LENGTH"] = str(size)
        yield body


class _Reader:
    """Reads in a thread of its own: granian's stream knows no timeout, and waits as long as the
    sender keeps the connection."""

    stalled = 0
    _counting = threading.Lock()

    def __init__(self, stream: Any, body: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._body = body
        self._limit = limit
        self._received = 0
        self._error: Exception | None = None
        self._done = threading.Event()
        self._is_abandoned = False

    def read(self) -> None:
        if _Reader.stalled >= MAX_STALLED:
            raise Refused(503, BUSY)
        threading.Thread(target=self._run, name="body", daemon=True).start()
        began = time.monotonic()
        while not self._done.wait(self._time_left(began)):
            if self._time_left(began) <= 0 and self._abandon():
                raise Refused(408, "The body did not arrive in time.")
        if self._error is not None:
            raise Refused(400, "The body could not be read.")
        if self._received > self._limit:
            raise Refused(413, f"At most {self._limit} bytes are taken.")

    def _time_left(self, began: float) -> float:
        # By what has come, not by what was announced.
        return began + BODY_TIMEOUT + self._received / BYTES_PER_SECOND - time.monotonic()

    def _abandon(self) -> bool:
        with self._counting:
            if not self._done.is_set():
                self._is_abandoned = True
                _Reader.stalled += 1
        return self._is_abandoned

    def _run(self) -> None:
        try:
            while self._received <= self._limit and not self._is_abandoned:
                chunk = self._stream.read(_CHUNK)
                if not chunk or self._is_abandoned:
                    break
                self._body.write(chunk)
                self._received += len(chunk)
        except Exception as error:
            self._error = error
        with self._counting:
            _Reader.stalled -= self._is_abandoned
            self._done.set()


def _respond(refused: Refused, start_response: Any) -> Iterable[bytes]:
    body = f"{refused.sentence}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        # What is left of a body is not read any more.
        ("Connection", "close"),
    ]
    if refused.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "5"))
    start_response(f"{refused.status} {HTTPStatus(refused.status).phrase}", headers)
    return [body]
