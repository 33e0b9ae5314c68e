"""The check beside a bare WSGI answer, nginx's own 204, a Django view, and behind nginx.

    python -m bench.check [--rounds 5] [--seconds 3] [--keys 20000] [--large 2000000] [--trials 500]

Once on SQLite and, where APIM_TEST_POSTGRES_URL names a role that may create databases, once on
PostgreSQL. All targets are asked in turn in every round, on this machine, by wrk; only ratios of
the same round count, and of those the median.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench.targets import Figure, Target, ask, targets

# Bars of the design's performance page, by their number there.
CPU_OF_HELLO = 3.0
OF_DJANGO_VIEW = 10.0
OF_PLAIN_PROXY = {"sqlite": 0.20, "postgres": 0.10}
GROWTH = 1.3


class Report:
    """Prints bars, and remembers whether each was met."""

    def __init__(self) -> None:
        self.is_good = True

    def bar(self, number: int, text: str, value: float, wanted: str, *, met: bool) -> None:
        self.is_good &= met
        mark = "met   " if met else "MISSED"
        print(f"  bar {number:>2} {mark} {text}: {value:.2f} (wanted {wanted})", flush=True)  # noqa: T201


def main() -> int:
    """Print tables and bars; 0 when every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=2_000_000, help="0: leave the growth out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=500, help="blocks that are asked about")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    options = parser.parse_args()
    if not (shutil.which("wrk") and (shutil.which("nginx") or Path("/usr/sbin/nginx").exists())):
        sys.stderr.write("wrk and nginx are needed (Debian: apt-get install wrk nginx-light).\n")
        return 2
    report = Report()
    if options.only != "postgres":
        measure("sqlite", options, report)
    server = os.environ.get("APIM_TEST_POSTGRES_URL")
    if server and options.only != "sqlite":
        measure("postgres", options, report)
    elif not server:
        print("Left out: PostgreSQL. Set APIM_TEST_POSTGRES_URL.")  # noqa: T201
    print("PASS" if report.is_good else "FAIL")  # noqa: T201
    return 0 if report.is_good else 1


def measure(database: str, options: argparse.Namespace, report: Report) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = stack.enter_context(world(database, folder / "small", options.keys))
        found = stack.enter_context(targets(folder / "small", environment))
        figures: dict[str, list[Figure]] = {target.name: [] for target in found}
        for target in found:
            # Unmeasured: connections, plans and pages are warm, and each key's use is written.
            ask(target, options.seconds)
        for _round in range(options.rounds):
            for target in found:
                figures[target.name].append(ask(target, options.seconds))
        judge(database, figures, report)
        judge_blocks(folder / "small", environment, found, options.trials, report)
        stack.enter_context(decider(folder / "small", environment)).judge_statements(report)
    if options.large:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            deciders = []
            for name, keys in [("small", options.keys), ("large", options.large)]:
                environment = stack.enter_context(world(database, folder / name, keys))
                deciders.append(stack.enter_context(decider(folder / name, environment)))
            judge_growth(database, deciders, options, report)


@contextmanager
def world(database: str, folder: Path, keys: int):
    """An own database with so many keys; the environment that names it."""
    folder.mkdir()
    url, name = f"sqlite:///{folder / 'bench.sqlite3'}", f"apim_bench_{os.getpid()}_{folder.name}"
    server = os.environ.get("APIM_TEST_POSTGRES_URL", "")
    if database == "postgres":
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
    environment = os.environ | {
        "APIM_DEBUG": "1",
        "APIM_DATABASE_URL": url,
        "APIM_BACKGROUND": "worker",
        "BENCH_DATABASE": name if database == "postgres" else "",
    }
    try:
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "bench.world", str(keys), str(folder)],
            env=environment,
            check=True,
        )
        yield environment
    finally:
        if database == "postgres":
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def judge(database: str, figures: dict[str, list[Figure]], report: Report) -> None:
    print(f"{database}: target, req/s, ratio to hello, p50 and p99 ms, CPU us, database CPU us")  # noqa: T201
    for name, rows in figures.items():
        rate, middle, tail, cpu, db = [
            statistics.median(column) for column in zip(*rows, strict=True)
        ]
        ratio = of(figures, name, "hello", "rate")
        print(  # noqa: T201
            f"  {name:<12}{rate:>9,.0f}{ratio:>8.3f}{middle:>8.2f}{tail:>8.1f}{cpu:>8.0f}{db:>8.0f}",
            flush=True,
        )
    cpu = of(figures, "check", "hello", "cpu")
    if database == "sqlite":
        report.bar(1, "check / hello, CPU", cpu, "<= 3.0", met=cpu <= CPU_OF_HELLO)
    else:
        print(f"         check / hello, CPU: {cpu:.2f}")  # noqa: T201
    view = of(figures, "check", "django_view", "rate")
    report.bar(4, "check / Django view, req/s", view, ">= 10", met=view >= OF_DJANGO_VIEW)
    proxy, bar = of(figures, "nginx_auth", "nginx_plain", "rate"), OF_PLAIN_PROXY[database]
    report.bar(6, "nginx asking / plain nginx, req/s", proxy, f">= {bar}", met=proxy >= bar)


def of(figures: dict[str, list[Figure]], name: str, other: str, what: str) -> float:
    """The median of the rounds' ratios."""
    pairs = zip(figures[name], figures[other], strict=True)
    return statistics.median(getattr(one, what) / getattr(two, what) for one, two in pairs)


def judge_blocks(
    folder: Path, environment: dict[str, str], found: list[Target], trials: int, report: Report
) -> None:
    address = next(target.address for target in found if target.name == "check")
    command = [sys.executable, "-m", "bench.blocks", str(folder), address, str(trials)]
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603
    report.bar(7, f"stale passes in {trials} blocks", int(said), "0", met=int(said) == 0)


class Decider:
    """A process that decides as often as it is told."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.statements = float(process.stdout.readline())

    def cost(self, count: int) -> tuple[float, float]:
        """Microseconds of a decision: processor, clock."""
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        cpu, clock = self.process.stdout.readline().split()
        return float(cpu), float(clock)

    def judge_statements(self, report: Report) -> None:
        count = self.statements
        report.bar(9, "statements a decision", count, "1", met=count == 1)


@contextmanager
def decider(folder: Path, environment: dict[str, str]):
    command = [sys.executable, "-m", "bench.decider", str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:  # noqa: S603
        yield Decider(process)
        process.stdin.close()


def judge_growth(
    database: str, deciders: list[Decider], options: argparse.Namespace, report: Report
) -> None:
    """Twenty turns each, small and large in turn; of a turn disturbed by neighbours the rest tells."""
    # On PostgreSQL the work is in another process, so the clock tells.
    column = 0 if database == "sqlite" else 1
    for one in deciders:
        one.cost(5000)
    turns = [[one.cost(1000)[column] for one in deciders] for _turn in range(20)]
    ratio = statistics.median(large / small for small, large in turns)
    small, large = [statistics.median(values) for values in zip(*turns, strict=True)]
    text = f"{options.large:,} keys / {options.keys:,} keys, {large:.0f} / {small:.0f} us"
    report.bar(10, text, ratio, f"<= {GROWTH}", met=ratio <= GROWTH)


if __name__ == "__main__":
    sys.exit(main())
