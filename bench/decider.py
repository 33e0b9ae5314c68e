"""Decisions in this process, without a server: ``python -m bench.decider FOLDER``.

First it prints how many statements one decision sends. Then for each number on standard input it
makes that many decisions, each with the next key, and answers with a line: microseconds of
processor and of the clock for one.
"""

import os
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

import django

django.setup()

from django.db import connection  # noqa: E402

from gateway.check import query, usage  # noqa: E402
from gateway.dispatch import application  # noqa: E402


def main(folder: Path) -> None:
    secret = (folder / "secret").read_text()
    calls = cycle(
        {
            "PATH_INFO": "/gateway/authorize",
            "REQUEST_METHOD": "GET",
            "HTTP_X_GATEWAY_SECRET": secret,
            "HTTP_X_ORIGINAL_METHOD": "GET",
            "HTTP_X_ORIGINAL_URI": "/orders/7",
            "HTTP_OCP_APIM_SUBSCRIPTION_KEY": key,
        }
        for key in (folder / "keys").read_text().split()
    )

    def decide(count: int) -> None:
        for _call in range(count):
            application(next(calls), lambda status, headers: None)
        usage.forget()

    print(statements_of(decide), flush=True)  # noqa: T201
    for line in sys.stdin:
        count = int(line)
        cpu, clock = time.process_time(), time.perf_counter()
        decide(count)
        spent = time.process_time() - cpu, time.perf_counter() - clock
        print(*[seconds / count * 1e6 for seconds in spent], flush=True)  # noqa: T201


def statements_of(decide: Callable[[int], None], count: int = 100) -> float:
    """Statements that the check's own connection sends for one decision, as the database counts."""
    decide(1)
    if connection.vendor == "sqlite":
        seen: list[str] = []
        query._local.connection.set_trace_callback(seen.append)
        decide(count)
        query._local.connection.set_trace_callback(None)
        return len(seen) / count
    before = _committed()
    decide(count)
    # The second look at the counters is a transaction too.
    return (_committed() - before - 1) / count


def _committed() -> int:
    own = query._local.connection
    own.execute("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
