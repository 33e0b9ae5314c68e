"""What ``manage.py jobs`` tells of the last runs, and how seldom they are written."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from accounts.jobs import purge_sessions
from accounts.models import Session
from base import job_runs
from base import jobs as base_jobs
from base.jobs import Job, JobResult, all_jobs
from base.models import JobRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_noted():
    job_runs.forget()


@pytest.fixture
def writes():
    """What is written while it lasts."""
    found = []

    def watch(execute, sql, parameters, many, context):
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE")):
            found.append(sql)
        return execute(sql, parameters, many, context)

    with connections[settings.CACHE_DATABASE].execute_wrapper(watch):
        yield found


def listing(capsys):
    call_command("jobs")
    lines = capsys.readouterr().out.splitlines()
    return {line.split()[0]: line for line in lines}


def test_every_kind_of_work_is_a_job_of_the_one_registry(capsys):
    names = {job.name for job in all_jobs()}

    assert names == {
        *["deliver", "import", "remind", "warn-expiring-keys"],
        *["purge-sessions", "purge-refusals", "purge-throttle"],
    }
    assert names < set(listing(capsys))
    assert "never" in listing(capsys)["remind"]


def test_one_pass_of_the_worker_runs_all_and_each_is_listed(capsys):
    call_command("work", once=True)

    lines = listing(capsys)
    for job in all_jobs():
        assert "ok: nothing was due" in lines[job.name]
    later = timezone.now() + timedelta(minutes=10)
    with time_machine.travel(later):
        assert "no process runs it" in listing(capsys)["deliver"]
        assert "no process runs it" not in listing(capsys)["purge-sessions"]


def test_jobs_can_be_run_by_name():
    call_command("work", "remind", once=True)

    assert set(JobRun.objects.values_list("name", flat=True)) == {"remind"}
    with pytest.raises(CommandError, match="No job is called nothing"):
        call_command("work", "nothing", once=True)


def test_an_idle_job_is_noted_once_a_minute_whoever_runs_it(writes):
    job = Job("idle", lambda stop: JobResult(5.0))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _look in range(24):
            job.run_once(lambda: False)
            # As another process would: it knows only what the row says.
            job_runs.forget()
            clock.shift(5)

    assert len(writes) == 2


def test_a_process_remembers_what_it_noted(django_assert_num_queries):
    job = Job("idle", lambda stop: JobResult(5.0))
    job.run_once(lambda: False)

    with django_assert_num_queries(0, using=settings.CACHE_DATABASE):
        job.run_once(lambda: False)


def test_what_a_run_did_is_noted_at_once_and_stays_in_sight(monkeypatch, capsys):
    results = iter(["3 sent", ""])
    job = Job("busy", lambda stop: JobResult(5.0, next(results)))
    monkeypatch.setattr(base_jobs, "_jobs", [job])
    job.run_once(lambda: False)
    assert "ok: 3 sent" in listing(capsys)["busy"]

    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        job_runs.forget()
        job.run_once(lambda: False)
        assert "ok: nothing was due; at " in listing(capsys)["busy"]
        assert ": 3 sent" in listing(capsys)["busy"]


def test_a_failure_is_noted_at_once_and_gone_with_the_next_success(monkeypatch, capsys):
    faults = iter([None, ValueError("no\nsense"), None])

    def run(stop):
        if fault := next(faults):
            raise fault
        return JobResult(5.0)

    job = Job("frail", run)
    monkeypatch.setattr(base_jobs, "_jobs", [job])
    job.run_once(lambda: False)
    with pytest.raises(ValueError, match="sense"):
        job.run_once(lambda: False)
    assert "failed: ValueError: no sense" in listing(capsys)["frail"]

    job.run_once(lambda: False)

    assert "ok: nothing was due" in listing(capsys)["frail"]


def test_expired_sessions_are_purged_and_others_stay(ben):
    for number, hours in enumerate([-1, -2, 1]):
        Session.objects.create(
            session_key=f"{number}" * 64,
            session_data="",
            expire_date=timezone.now() + timedelta(hours=hours),
        )

    assert purge_sessions() == 2
    assert Session.objects.count() == 1
    call_command("clearsessions")
    assert Session.objects.count() == 1
