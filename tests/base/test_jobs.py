"""The thread behind a job: when it looks, and how it bears a database that does not answer."""

import logging
import threading
import time

import pytest
from django.db import OperationalError, connections

from base import jobs as base_jobs
from base.jobs import FailureLog, Job, JobResult, poll_interval

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch):
    monkeypatch.setattr(FailureLog, "_said_at", 0.0)


@pytest.fixture
def start():
    """Starts a job that runs this, and stops it after the test."""
    jobs = []

    def start_job(run):
        job = Job("test job", run)
        jobs.append(job)
        job.start()
        return job

    yield start_job
    for job in jobs:
        job.stop()


class Work:
    """Notes when it was asked; fails while it is told to."""

    def __init__(self, pause=0.05):
        self.pause = pause
        self.error = None
        self.asked_at = []
        self.worked = threading.Event()

    def __call__(self, stop):
        self.asked_at.append(time.monotonic())
        if self.error is not None:
            raise self.error
        self.worked.set()
        return JobResult(self.pause)


def errors_of(caplog):
    return [record for record in caplog.records if record.levelno == logging.ERROR]


def test_a_worker_looks_each_second_and_a_web_process_every_five(settings):
    settings.BACKGROUND = "worker"
    assert poll_interval() == 1.0
    settings.BACKGROUND = "inline"
    assert poll_interval() == 5.0


def test_a_database_that_fails_is_left_alone_though_the_job_is_woken(start, caplog):
    work = Work()
    work.error = OperationalError("server closed the connection\nunexpectedly")
    job = start(work)

    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        job._wake_event.set()
        time.sleep(0.01)

    # At once, after one second, after two more.
    assert 1 <= len(work.asked_at) <= 3
    [line] = errors_of(caplog)
    assert line.getMessage() == (
        "test job: the database does not answer: server closed the connection unexpectedly"
    )
    assert line.exc_info is None


def test_the_work_goes_on_within_seconds_once_the_database_is_back(start, caplog):
    work = Work()
    work.error = OperationalError("away")
    with caplog.at_level(logging.INFO):
        start(work)
        while not work.asked_at:
            time.sleep(0.01)
        work.error = None

        assert work.worked.wait(base_jobs.MAX_RETRY_PAUSE + 1)

        while "test job works again after 1 failures." not in caplog.text:
            time.sleep(0.01)


def test_a_failure_is_one_line_a_minute_and_pauses_grow_to_five_seconds(caplog, monkeypatch):
    failures = FailureLog(logging.getLogger("test"), "test job")
    clock = iter([1000.0 + second for second in range(0, 180, 10)])
    monkeypatch.setattr(base_jobs.time, "monotonic", lambda: next(clock))

    pauses = [failures.note(OperationalError("away")) for _number in range(18)]

    assert pauses[:4] == [1, 2, 4, 5]
    assert set(pauses[4:]) == {5}
    assert len(errors_of(caplog)) == 3


def test_a_database_that_is_away_is_one_line_for_all_jobs_of_a_process(caplog):
    for name in ["deliver", "import", "remind"]:
        FailureLog(logging.getLogger("test"), name).note(OperationalError("away"))

    assert len(errors_of(caplog)) == 1


def test_a_fault_of_our_own_is_logged_with_its_traceback_and_tried_in_a_minute(caplog):
    failures = FailureLog(logging.getLogger("test"), "test job")
    assert failures.note(ValueError("a fault")) == 60

    [line] = errors_of(caplog)
    assert line.exc_info


def test_a_job_that_looks_again_soon_keeps_its_connection(start):
    seen = []

    def look(stop):
        connections["default"].ensure_connection()
        seen.append(connections["default"].connection)
        return JobResult(0.05)

    job = start(look)
    while len(seen) < 3:
        time.sleep(0.01)
    job.stop()

    assert seen[0] is seen[1] is seen[2]


def test_a_job_that_sleeps_long_gives_its_connection_back(start):
    seen = []

    def look(stop):
        connections["default"].ensure_connection()
        seen.append(connections["default"].connection)
        return JobResult(60.0)

    job = start(look)
    while len(seen) < 1:
        time.sleep(0.01)
    time.sleep(0.2)
    job.start()
    while len(seen) < 2:
        time.sleep(0.01)
    job.stop()

    assert seen[0] is not seen[1]
