"""Real processes for tests: our server on the test's own database, and whatever stands beside it."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection, connections


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def database_url() -> str:
    """The test's database, as APIM_DATABASE_URL names it."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    password = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
    return f"postgres://{facts['USER']}{password}@{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"


@contextmanager
def our_server(
    log: Path,
    *,
    application: str = "gateway.wsgi:application",
    workers: int = 1,
    threads: int = 2,
    port: int | None = None,
    **variables: str,
) -> Iterator[tuple[str, subprocess.Popen]]:
    """granian with ``workers`` processes; its address, and the process to stop or to kill."""
    port = port or free_port()
    lay_out_throttle()
    environment = os.environ | {
        "APIM_DEBUG": "1",
        "APIM_DATABASE_URL": database_url(),
        "APIM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "APIM_BACKGROUND": "worker",
        **variables,
    }
    command = [
        *[sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"],
        *["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)],
        *["--blocking-threads", str(threads), "--log-level", "error"],
        # A worker told to stop while it is still starting would never end by itself.
        *["--workers-kill-timeout", "5", "--respawn-failed-workers", application],
    ]
    with running(command, log, environment=environment, cwd=settings.BASE_DIR) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{address}/echo")
        yield address, process


def lay_out_throttle() -> None:
    """With SQLite the throttle counts in a file beside the database, which wants its table."""
    if connection.vendor == "sqlite":
        beside = Path(f"{connection.settings_dict['NAME']}-cache")
        for left in ["", "-wal", "-shm"]:
            Path(f"{beside}{left}").unlink(missing_ok=True)
        own = sqlite3.connect(connections["cache"].settings_dict["NAME"])
        with closing(own), closing(sqlite3.connect(beside)) as copy:
            own.backup(copy)


@contextmanager
def running(
    command: list[str], log: Path, *, environment: dict[str, str] | None = None, cwd=None
) -> Iterator[subprocess.Popen]:
    """The process, in a group of its own, gone when the block ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        # Workers outlive a killed main process for a while, and keep their database open.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def workers_of(process: subprocess.Popen) -> list[int]:
    """Its children, and theirs."""
    pids = [process.pid]
    for pid in pids:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            pids += map(int, children.read_text().split())
    return pids[1:]


@contextmanager
def stopped(process: subprocess.Popen) -> Iterator[None]:
    """A server and its workers hang: they keep their lines and say nothing."""
    pids = [process.pid, *workers_of(process)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    while any(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "T" for pid in pids):
        time.sleep(0.01)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def wait_until_answering(address: str, *, seconds: float = 30) -> None:
    """Until something answers there, whatever it says."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            requests.get(address, timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, f"nothing answers at {address}"
            time.sleep(0.05)
        else:
            return
