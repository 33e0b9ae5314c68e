"""The server around this process: what granian was started with, and its main process.

Nothing here needs Django, so that a worker asks before it loads the application.
"""

import multiprocessing
import os
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

# Where the server does not say: granian's own default is in the hundreds.
ASSUMED_THREADS = 64
LOOK_EVERY = 1.0
# How long a worker that lost its main process finishes the requests in hand.
SHUTDOWN_TIMEOUT = 5.0
# How long the workers of a main process that was killed may take to notice, and to end.
ORPHANS_END_WITHIN = 20.0
_LISTENS = "0A"
_ALL_ADDRESSES = {"0" * 8, "0" * 32}


def option(name: str) -> str:
    """What granian was told by ``--name`` or ``GRANIAN_NAME``; empty if nothing."""
    if not _is_granian():
        return ""
    found = os.environ.get(f"GRANIAN_{name.upper().replace('-', '_')}", "")
    for word, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if word == f"--{name}":
            found = following
        elif word.startswith(f"--{name}="):
            found = word.partition("=")[2]
    return found


def threads() -> int:
    """How many requests this process can work on at once."""
    number = option("blocking-threads")
    return int(number) if number.isdecimal() and int(number) else ASSUMED_THREADS


def start_worker() -> None:
    """Refuse to share the port with another server, and end when the main process does.

    No-op outside a worker of granian. Its main process runs nothing of ours, so each worker looks.
    """
    main = multiprocessing.parent_process()
    if main is None or main.pid is None or not _is_granian():
        return
    _refuse_second_server(main.pid)
    watcher = threading.Thread(target=_end_with, args=(main.pid,), name="main-process", daemon=True)
    watcher.start()


def _is_granian() -> bool:
    # A worker's arguments are those of its main process, forked or spawned.
    return "granian" in Path(sys.argv[0]).parts[-2:]


def _end_with(main: int) -> None:
    """Without its main process nobody could stop this worker, and a new server would share its port."""
    while os.getppid() == main:
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SHUTDOWN_TIMEOUT)
    os._exit(1)


def _refuse_second_server(main: int) -> None:
    """On Linux granian listens with SO_REUSEPORT: a second server starts without a word, and the two
    share the calls, one of them with yesterday's code or another database."""
    host, port = option("host") or "127.0.0.1", option("port") or "8000"
    if option("uds") or not port.isdecimal():
        return
    deadline = time.monotonic() + ORPHANS_END_WITHIN
    while others := _other_listeners(host, int(port), main):
        # What a killed server left behind goes away by itself (_end_with).
        if time.monotonic() > deadline or any(_has_server(pid) for pid in others):
            numbers = ", ".join(map(str, sorted(others)))
            sys.exit(
                f"Port {port} is served by another server already (process {numbers}). "
                "Stop that one, or start this one with another --port."
            )
        time.sleep(0.2)


def _other_listeners(host: str, port: int, main: int) -> set[int]:
    """Processes of this user that listen there and are not of this server."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(host, port)}
    if not sockets:
        return set()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(os.readlink(file) in sockets for file in (process / "fd").iterdir()):
                found.add(int(process.name))
    return {pid for pid in found if main not in {pid, _parent(pid)}}


def _listening_inodes(host: str, port: int) -> set[str]:
    try:
        ours = f"{struct.unpack('=I', socket.inet_aton(host))[0]:08X}"
    except OSError:
        # A name, or IPv6: any socket with this port may be the same.
        ours = ""
    found = set()
    for table in ["tcp", "tcp6"]:
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                address, _colon, number = fields[1].rpartition(":")
                meets = (
                    not ours or not {ours, address}.isdisjoint(_ALL_ADDRESSES) or ours == address
                )
                if fields[3] == _LISTENS and int(number, 16) == port and meets:
                    found.add(fields[9])
    return found


def _parent(pid: int) -> int:
    with suppress(OSError):
        # The name in parentheses may hold anything.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    return 0


def _has_server(worker: int) -> bool:
    with suppress(OSError):
        return b"granian" in Path(f"/proc/{_parent(worker)}/cmdline").read_bytes()
    return False
