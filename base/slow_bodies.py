"""Bodies that stop coming: their connections are closed, so that their threads go on.

granian reads a body without a timeout and does not say which connection a request came over. But
the process holds the connection itself, and the kernel knows how long it has been silent.
"""

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# Longer than anything we do for a request takes (a trial call: 13): a connection over which nothing
# went for so long, in neither direction, belongs to the body or to nobody's request.
SILENCE = 20.0
LOOK_EVERY = 2.0
# struct tcp_info of Linux: milliseconds since data was last sent, and last received.
_TCP_INFO = struct.Struct("=44xI4xI")


class WatchedBody:
    """A request's ``wsgi.input`` whose reads are not waited for without end."""

    def __init__(self, stream: Any, *, sender: str, port: str) -> None:
        self._stream = stream
        self._from = (sender, port)

    def read(self, size: int = -1) -> bytes:
        with _watch(self._from):
            body: bytes = self._stream.read() if size < 0 else self._stream.read(size)
            return body

    def readline(self, size: int = -1) -> bytes:
        with _watch(self._from):
            line: bytes = self._stream.readline(size)
            return line


# Who is waited for, and since when; by the waiting thread.
_waits: dict[int, tuple[float, tuple[str, str]]] = {}
_starting = threading.Lock()
_watcher: threading.Thread | None = None


@contextmanager
def _watch(sender: tuple[str, str]) -> Iterator[None]:
    thread = threading.get_ident()
    _waits[thread] = (time.monotonic(), sender)
    _start()
    try:
        yield
    finally:
        del _waits[thread]


def _start() -> None:
    global _watcher  # noqa: PLW0603
    with _starting:
        if _watcher is None:
            _watcher = threading.Thread(target=_run, name="slow-bodies", daemon=True)
            _watcher.start()


def _run() -> None:
    while True:
        time.sleep(LOOK_EVERY)
        late = time.monotonic() - SILENCE
        for sender, port in {who for began, who in list(_waits.values()) if began < late}:
            close_silent(sender, port, silence=SILENCE)


def close_silent(sender: str, port: str, *, silence: float) -> int:
    """Close the connections from this address to our port over which nothing went for so long.

    Idle ones that wait for a next request too: whoever keeps connections expects that. Where the
    kernel is not Linux nothing is closed.
    """
    closed = 0
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                    with socket.socket(fileno=os.dup(int(name))) as line:
                        if _is_silent(line, sender, port, silence):
                            line.shutdown(socket.SHUT_RDWR)
                            closed += 1
    return closed


def _is_silent(line: socket.socket, sender: str, port: str, silence: float) -> bool:
    if line.family not in {socket.AF_INET, socket.AF_INET6} or line.type != socket.SOCK_STREAM:
        return False
    if str(line.getsockname()[1]) != port or line.getpeername()[0] != sender:
        return False
    known = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    sent, received = _TCP_INFO.unpack(known)
    return bool(min(sent, received) >= silence * 1000)
