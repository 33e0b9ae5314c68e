"""Every job with its last run, what came of it, and when it is due again, in whatever process."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.job_runs import NOTED_EVERY
from base.jobs import all_jobs
from base.models import JobRun

HEADINGS = ("Job", "Last run", "Result", "Due again")
# A job that looks every second is noted once a minute.
GRACE = NOTED_EVERY + timedelta(seconds=30)


class Command(BaseCommand):
    help = "List the jobs behind the pages: when each ran, what came of it, when it is due again."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        runs = JobRun.objects.in_bulk()
        rows = [HEADINGS, *(_row(job.name, runs.get(job.name), now) for job in all_jobs())]
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.stdout.write("  ".join(cells).rstrip())


def _row(name: str, run: JobRun | None, now: datetime) -> tuple[str, str, str, str]:
    if run is None:
        return name, "never", "-", "as soon as a process runs it"
    return name, _at(run.ended_at), _result(run), _due(run, now)


def _result(run: JobRun) -> str:
    if run.error:
        return f"failed: {run.error}"
    if run.worked_at is None:
        return "ok: nothing was due"
    if run.worked_at == run.ended_at:
        return f"ok: {run.done}"
    return f"ok: nothing was due; at {_at(run.worked_at)}: {run.done}"


def _due(run: JobRun, now: datetime) -> str:
    if run.due_at > now:
        return _at(run.due_at)
    if now - run.due_at <= GRACE:
        return "now"
    return f"since {_at(run.due_at)}: it still runs, or no process runs it"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
