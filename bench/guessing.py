"""Probes and the check while strangers guess passwords, beside the same server left in peace.

    python -m bench.guessing [--clients 64] [--seconds 10] [--threads 16]

Once on SQLite and, where APIM_TEST_POSTGRES_URL names a role that may create databases, once on
PostgreSQL. Every guess is for another address from another network, so that no counter refuses it
before the password is hashed. The bar is a second for the slowest answer; the ratios of the medians
say what the flood costs whoever is not part of it.
"""

import argparse
import http.client
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.check import world
from tests.servers import free_port, running, wait_until_answering

AT_MOST = 1.0
KEYS = 10_000
PAUSE = 0.02


def main() -> int:
    """Print latencies, ratios and bars; 0 when every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--guess", metavar="HOST:PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.guess:
        guess(options.guess, options.clients)
        return 0
    databases = ["sqlite"]
    if os.environ.get("APIM_TEST_POSTGRES_URL"):
        databases.append("postgres")
    met = [measure(database, options) for database in databases]
    print("PASS" if all(met) else "FAIL")  # noqa: T201
    return 0 if all(met) else 1


def measure(database: str, options: argparse.Namespace) -> bool:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = stack.enter_context(world(database, folder / "world", KEYS))
        place = stack.enter_context(server(folder, environment, options.threads))
        asked = questions(folder / "world")
        quiet = ask(place, asked, options.seconds)
        process = stack.enter_context(guessers(place, options.clients))
        # Until the first of them wait for each other.
        time.sleep(2)
        flooded = ask(place, asked, options.seconds)
        process.terminate()
        said = process.communicate()[0].strip()
    print(f"{database}: {options.clients} clients, {options.threads} threads, {said}")  # noqa: T201
    print("  address, median ms in peace and while they guess, ratio, slowest ms")  # noqa: T201
    met = True
    for path, calm in quiet.items():
        before, during = statistics.median(calm), statistics.median(flooded[path])
        slowest = max(flooded[path])
        met &= slowest <= AT_MOST
        print(  # noqa: T201
            f"  {'met   ' if slowest <= AT_MOST else 'MISSED'} {path:<20}{before * 1e3:>8.1f}"
            f"{during * 1e3:>8.1f}{during / before:>8.1f}{slowest * 1e3:>8.0f} (wanted <= 1000)",
            flush=True,
        )
    return met


@contextmanager
def server(folder: Path, environment: dict[str, str], threads: int) -> Iterator[str]:
    """One process that serves everything, as `make run` starts it."""
    port = free_port()
    environment = environment | {
        "APIM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "APIM_TRUSTED_PROXIES": "127.0.0.1",
    }
    if environment["APIM_DATABASE_URL"].startswith("sqlite"):
        migrate = [sys.executable, "manage.py", "migrate", "--database", "cache", "-v", "0"]
        subprocess.run(migrate, env=environment, check=True)  # noqa: S603
    command = [
        *[sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--port", str(port)],
        *["--blocking-threads", str(threads), "--respawn-failed-workers"],
        *["--workers-kill-timeout", "5", "--log-level", "error", "apim.wsgi:application"],
    ]
    with running(command, folder / "server.log", environment=environment):
        wait_until_answering(f"http://127.0.0.1:{port}/healthz/live")
        yield f"127.0.0.1:{port}"


def questions(folder: Path) -> dict[str, dict[str, str]]:
    """Address and headers of what must go on."""
    check = {
        "X-Gateway-Secret": (folder / "secret").read_text(),
        "X-Original-Method": "GET",
        "X-Original-URI": "/orders/7",
        "Ocp-Apim-Subscription-Key": (folder / "keys").read_text().split()[0],
    }
    return {"/healthz/live": {}, "/healthz/ready": {}, "/gateway/authorize": check}


def ask(place: str, asked: dict[str, dict[str, str]], seconds: float) -> dict[str, list[float]]:
    """How long each answer took, over a new connection each time, as probes come."""
    found: dict[str, list[float]] = {path: [] for path in asked}

    def run(path: str) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            line = http.client.HTTPConnection(place, timeout=60)
            line.request("GET", path, headers=asked[path])
            answer = line.getresponse()
            answer.read()
            line.close()
            found[path].append(time.monotonic() - began)
            assert answer.status == 200, (path, answer.status)  # noqa: S101 - no figure without it
            time.sleep(PAUSE)

    threads = [threading.Thread(target=run, args=(path,)) for path in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@contextmanager
def guessers(place: str, clients: int) -> Iterator[subprocess.Popen]:
    """In a process of their own, so that they slow the server and not the clock."""
    command = [sys.executable, "-m", "bench.guessing", "--guess", place, "--clients", str(clients)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.kill()


def guess(place: str, clients: int) -> None:
    """Guess until told to stop; prints how often each status came."""
    line = http.client.HTTPConnection(place, timeout=60)
    line.request("GET", "/sign-in/")
    page = line.getresponse()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    cookies = page.headers.get_all("Set-Cookie", [])
    assert token  # noqa: S101
    headers = {
        "Cookie": "; ".join(cookie.partition(";")[0] for cookie in cookies),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answers: Counter[int] = Counter()

    def run(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - nothing is kept secret by it
        line = http.client.HTTPConnection(place, timeout=120)
        while True:
            network = f"10.{number}.{chance.randrange(250)}.{chance.randrange(250)}"
            form = {
                "csrfmiddlewaretoken": token[1],
                "email": f"nobody-{chance.randrange(10**9)}@bench.example",
                "password": "seven otters swim",
            }
            try:
                line.request(
                    "POST", "/sign-in/", urlencode(form), headers | {"X-Forwarded-For": network}
                )
                answer = line.getresponse()
                answer.read()
                answers[answer.status] += 1
            except OSError:
                line.close()

    for number in range(clients):
        threading.Thread(target=run, args=(number,), daemon=True).start()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_what: over.set())
    over.wait()
    print(dict(answers))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
