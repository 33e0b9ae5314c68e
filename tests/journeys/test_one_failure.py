"""One failure stays one failure: real servers whose processes are killed, flooded, and kept waiting."""

import http.client
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from django.conf import settings

from tests.servers import free_port, our_server, running, wait_until_answering, workers_of

pytestmark = pytest.mark.django_db(transaction=True)

WEB = {"application": "apim.wsgi:application", "threads": 16}
MACHINE_ADDRESSES = ["/healthz/live", "/healthz/ready", "/gateway/authorize"]
# Without the cures it was 14 seconds and more; with them a fraction of one on a quiet machine.
AT_MOST = 10


def asked(address, path):
    """The status, without a connection that an earlier request kept."""
    return requests.get(f"{address}{path}", timeout=AT_MOST).status_code


def until(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def is_silent(address):
    """Nobody listens there any more."""
    parts = urlsplit(address)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) != 0


@pytest.mark.parametrize("application", ["apim.wsgi:application", "gateway.wsgi:application"])
def test_a_killed_worker_is_followed_by_another(tmp_path, application):
    with our_server(tmp_path / "log", application=application) as (address, process):
        [worker] = workers_of(process)

        os.kill(worker, signal.SIGKILL)
        until(lambda: set(workers_of(process)) - {worker})
        wait_until_answering(f"{address}/echo", seconds=60)

        assert asked(address, "/healthz/live") == 200
        assert process.poll() is None


@pytest.mark.parametrize("application", ["apim.wsgi:application", "gateway.wsgi:application"])
def test_workers_end_with_their_main_process(tmp_path, application):
    with our_server(tmp_path / "log", application=application, workers=2) as (address, process):
        workers = workers_of(process)
        assert len(workers) == 2
        # A kept connection is no reason to go on.
        with requests.Session() as session:
            assert session.get(f"{address}/echo", timeout=AT_MOST).status_code == 403

            process.kill()
            process.wait()

            until(lambda: is_silent(address))
            until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_server_starts_while_the_workers_of_a_killed_one_are_still_ending(tmp_path):
    with our_server(tmp_path / "log") as (address, process):
        process.kill()
        process.wait()

        port = urlsplit(address).port
        with our_server(tmp_path / "log", port=port) as (_address, following):
            assert asked(address, "/healthz/live") == 200
            assert following.poll() is None


@pytest.mark.parametrize("application", ["apim.wsgi:application", "gateway.wsgi:application"])
def test_a_second_server_on_the_same_port_is_refused(tmp_path, application):
    with our_server(tmp_path / "log", application=application) as (address, _process):
        port = urlsplit(address).port
        second = [
            *[sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)],
            *["--respawn-failed-workers", "--workers-kill-timeout", "5", application],
        ]
        environment = os.environ | {"APIM_DEBUG": "1"}
        with running(
            second, tmp_path / "second", environment=environment, cwd=settings.BASE_DIR
        ) as process:
            assert process.wait(timeout=60) == 1

        said = (tmp_path / "second").read_text()
        assert f"Port {port} is served by another server already" in said
        assert asked(address, "/healthz/live") == 200


def test_make_run_says_what_to_do_about_a_port_that_is_taken(tmp_path):
    with our_server(tmp_path / "log") as (address, _process):
        port = urlsplit(address).port
        taken = ask_about(port)
    free = ask_about(free_port())

    assert taken.returncode == 1
    assert f"make run PORT={port + 1}" in taken.stderr
    assert (free.returncode, free.stderr) == (0, "")
    assert "scripts/free-port 127.0.0.1 $(PORT)" in (settings.BASE_DIR / "Makefile").read_text()


def ask_about(port):
    command = [sys.executable, "scripts/free-port", "127.0.0.1", str(port)]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, stderr=subprocess.PIPE, text=True, check=False
    )


def test_every_documented_server_follows_a_killed_worker_by_another():
    texts = [*settings.BASE_DIR.glob("*.md"), *settings.BASE_DIR.glob("docs/*.md")]
    lines = [
        line
        for path in [*texts, settings.BASE_DIR / "Makefile"]
        for line in path.read_text().replace("\\\n", "").splitlines()
        if re.search(r"granian\S* --interface", line)
    ]

    assert len(lines) >= 3
    for line in lines:
        assert "--respawn-failed-workers" in line, line
        # Without it a worker that is told to stop while it starts is waited for without end.
        assert "--workers-kill-timeout" in line, line


class Guessers:
    """Clients that try passwords for addresses nobody has, each from a network of its own."""

    def __init__(self, address, number):
        self.parts = urlsplit(address)
        self.answers = []
        self.retry_after = set()
        self.over = threading.Event()
        page = requests.get(f"{address}/sign-in/", timeout=AT_MOST)
        self.cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        self.token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        self.threads = [threading.Thread(target=self._guess, args=(i,)) for i in range(number)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _guess(self, number):
        chance = random.Random(number)  # noqa: S311 - nothing is kept secret by it
        line = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=120)
        with closing(line):
            while not self.over.is_set():
                email = f"nobody-{chance.randrange(10**9)}@example.org"
                form = {"csrfmiddlewaretoken": self.token, "email": email, "password": "x" * 16}
                headers = {
                    "Cookie": self.cookie,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Forwarded-For": f"10.{number}.{chance.randrange(250)}.{chance.randrange(250)}",
                }
                try:
                    line.request("POST", "/sign-in/", urlencode(form), headers)
                    answer = line.getresponse()
                    answer.read()
                except OSError:
                    # Refused before the form was sent.
                    line.close()
                    continue
                self.answers.append(answer.status)
                if answer.status == 503:
                    self.retry_after.add(answer.getheader("Retry-After"))


@pytest.mark.parametrize("threads", [4, 16])
def test_guessed_passwords_hold_up_neither_probes_nor_the_check(tmp_path, threads):
    variables = {"APIM_TRUSTED_PROXIES": "127.0.0.1"}
    server = {"application": "apim.wsgi:application", "threads": threads}
    with our_server(tmp_path / "log", **variables, **server) as (address, _process):
        with Guessers(address, 64) as guessers:
            until(lambda: len(guessers.answers) > 64)
            for _time in range(5):
                assert [asked(address, path) for path in MACHINE_ADDRESSES] == [200, 200, 403]
            # Passwords are compared all the while.
            until(lambda: 422 in guessers.answers)

        assert set(guessers.answers) <= {422, 429, 503}
        assert 503 in guessers.answers
        assert None not in guessers.retry_after
        assert asked(address, "/sign-in/") == 200


@contextmanager
def slow_senders(address, number):
    """Connections that post one byte of a form and keep the rest to themselves."""
    page = requests.get(f"{address}/sign-in/", timeout=AT_MOST)
    cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    parts = urlsplit(address)
    head = (
        f"POST /sign-in/ HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nx"
    )
    with ExitStack() as stack:
        lines = []
        for _number in range(number):
            line = socket.create_connection((parts.hostname, parts.port), timeout=60)
            lines.append(stack.enter_context(line))
            line.sendall(head.encode())
        yield lines


def test_slow_senders_leave_threads_for_everybody_else(tmp_path):
    with ExitStack() as stack:
        address, _process = stack.enter_context(our_server(tmp_path / "log", **WEB))
        with slow_senders(address, 40) as lines:
            for path in [*MACHINE_ADDRESSES, "/sign-in/"]:
                assert asked(address, path) in {200, 403}
            # Most are told at once that there is no place for them.
            until(lambda: select.select(lines, [], [], 0)[0])
            told = select.select(lines, [], [], 0)[0]
            assert all(line.recv(400).startswith(b"HTTP/1.1 503 ") for line in told)

            # The others are closed after a while, and people sign in again.
            until(lambda: posted(address) == 422, seconds=120)


def posted(address):
    with requests.Session() as session:
        page = session.get(f"{address}/sign-in/", timeout=AT_MOST)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        form = {"csrfmiddlewaretoken": token, "email": "nobody@example.org", "password": "x" * 16}
        return session.post(f"{address}/sign-in/", form, timeout=60).status_code


def documented_nginx(folder, *, listen, server):
    """The proxy of docs/operating.md, on loopback and without its certificate."""
    text = (settings.BASE_DIR / "docs" / "operating.md").read_text()
    proxy = re.search(r"```nginx\n(.*?)```", text, re.DOTALL)[1]
    proxy = re.sub(r"listen .*;", f"listen 127.0.0.1:{listen};", proxy, count=1)
    proxy = re.sub(r"\n *ssl_.*;", "", proxy).replace("127.0.0.1:8000", f"127.0.0.1:{server}")
    folders = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{folders}{proxy}\n}}\n"
    )
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return running([*command, "-e", str(folder / "error.log")], folder / "nginx.log")


@pytest.mark.gateways
def test_slow_senders_do_not_reach_the_server_behind_the_documented_proxy(tmp_path):
    port = free_port()
    # Two threads: one that waited for a body would show.
    server = {
        "application": "apim.wsgi:application",
        "threads": 2,
        "APIM_TRUSTED_PROXIES": "127.0.0.1",
    }
    with ExitStack() as stack:
        behind, _process = stack.enter_context(our_server(tmp_path / "log", **server))
        stack.enter_context(documented_nginx(tmp_path, listen=port, server=urlsplit(behind).port))
        address = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{address}/healthz/live")
        stack.enter_context(slow_senders(address, 200))
        for _time in range(3):
            for path in [*MACHINE_ADDRESSES, "/sign-in/"]:
                assert asked(address, path) in {200, 403}
        # Not even the one place for a request with a body is taken.
        assert posted(address) == 422
