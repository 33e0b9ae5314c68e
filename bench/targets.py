"""What is measured: servers on loopback, asked by wrk, and the processor time they take."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.servers import free_port, running, wait_until_answering

APPLICATIONS = {
    "hello": "bench.hello:application",
    "check": "gateway.wsgi:application",
    "django_view": "bench.django_view:application",
}
NGINX = """daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{servers} }}
"""
PLAIN = """upstream back {{ server 127.0.0.1:{back}; keepalive 32; }}
server {{ listen 127.0.0.1:{port}; location /orders/ {{ proxy_pass http://back/;
proxy_http_version 1.1; proxy_set_header Connection ""; }} }}"""


class Figure(NamedTuple):
    """One measurement of one target; milliseconds, and microseconds a request."""

    rate: float
    middle: float
    tail: float
    cpu: float
    database_cpu: float


@dataclass(frozen=True)
class Target:
    """A server and how it is asked."""

    name: str
    address: str
    script: Path
    # Seconds of processor so far: of its processes, of the database's.
    cpu: Callable[[], float]
    database_cpu: Callable[[], float]


@contextmanager
def targets(folder: Path, environment: dict[str, str]) -> Iterator[list[Target]]:
    """All of them, answering."""
    with ExitStack() as stack:
        found: list[Target] = []
        processes: dict[str, subprocess.Popen] = {}

        def start(name: str, command: list[str], path: str, port: int, script: str) -> None:
            log = folder / f"{name}.log"
            processes[name] = stack.enter_context(running(command, log, environment=environment))
            # A gateway that asks spends its own processor and the check's.
            spending = [name, "check"] if name == "nginx_auth" else [name]
            found.append(
                Target(
                    name,
                    f"http://127.0.0.1:{port}{path}",
                    folder / script,
                    lambda: sum(cpu_of(processes[one].pid) for one in spending),
                    lambda: database_cpu(environment),
                )
            )

        ports = {name: free_port() for name in [*APPLICATIONS, "204", "plain", "auth"]}
        for name, application in APPLICATIONS.items():
            command = [
                *[sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"],
                *["--port", str(ports[name]), "--workers", "2", "--blocking-threads", "2"],
                *["--log-level", "error", application],
            ]
            start(name, command, "/gateway/authorize", ports[name], "check.lua")
        answers = f"server {{ listen 127.0.0.1:{ports['204']}; location / {{ return 204; }} }}"
        plain = PLAIN.format(back=ports["204"], port=ports["plain"])
        for name, text, script in [
            ("204", answers, "check.lua"),
            ("plain", plain, "calls.lua"),
            ("auth", rendered(folder, environment, ports), "calls.lua"),
        ]:
            path = folder / f"{name}.conf"
            path.write_text(NGINX.format(folder=folder, name=name, servers=text))
            nginx = shutil.which("nginx") or "/usr/sbin/nginx"
            command = [nginx, "-c", str(path), "-e", str(folder / "error.log")]
            start(f"nginx_{name}", command, "/orders/7", ports[name], script)
        for target in found:
            wait_until_answering(target.address)
        yield found


def rendered(folder: Path, environment: dict[str, str], ports: dict[str, int]) -> str:
    """What `manage.py gateway_config nginx` writes, with nginx's 204 as the back end."""
    back_end = f"http://127.0.0.1:{ports['204']}"
    manage = [sys.executable, "manage.py"]
    save = f"from catalog.models import Api; Api.objects.filter(slug='orders').update(back_end={back_end!r})"
    subprocess.run([*manage, "shell", "-v", "0", "-c", save], env=environment, check=True)  # noqa: S603
    command = [
        *[*manage, "gateway_config", "nginx", "--listen", str(ports["auth"])],
        *["--check-url", f"http://127.0.0.1:{ports['check']}"],
    ]
    secret = {"APIM_GATEWAY_SECRET": (folder / "secret").read_text()}
    return subprocess.run(  # noqa: S603
        command, env=environment | secret, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def ask(target: Target, seconds: int) -> Figure:
    before = target.cpu(), target.database_cpu()
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(target.script)]
    said = subprocess.run(  # noqa: S603
        [*command, target.address], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    after = target.cpu(), target.database_cpu()
    count = int(_found(r"(\d+) requests in", said))
    cpu, db = [(late - early) / count * 1e6 for early, late in zip(before, after, strict=True)]
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", said))
    return Figure(rate, _latency(50, said), _latency(99, said), cpu, db)


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    assert match is not None, said  # noqa: S101
    return match[1]


def _latency(percentile: int, said: str) -> float:
    text = _found(rf"{percentile}%\s+([\d.]+(?:us|ms|s))", said)
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def cpu_of(pid: int) -> float:
    """Seconds of processor of a process and its descendants."""
    ticks = os.sysconf("SC_CLK_TCK")
    total, pending = 0.0, [pid]
    while pending:
        process = pending.pop()
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            for children in Path(f"/proc/{process}/task").glob("*/children"):
                pending += map(int, children.read_text().split())
        except FileNotFoundError:
            continue
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def database_cpu(environment: dict[str, str]) -> float:
    """The same of PostgreSQL's processes for our database; 0 with SQLite, which is in ours."""
    name = environment["BENCH_DATABASE"]
    if not name:
        return 0.0
    with psycopg.connect(environment["APIM_TEST_POSTGRES_URL"]) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]
        ).fetchall()
    return sum(cpu_of(pid) for (pid,) in rows)
