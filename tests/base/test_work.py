"""``manage.py work --once``: every job gets its turn."""

import pytest
from django.core.management import CommandError, call_command

from base import jobs as base_jobs
from base.jobs import Job, JobResult


@pytest.mark.django_db
def test_a_job_that_fails_stops_no_other_and_is_named_at_the_end(monkeypatch, caplog):
    done = []

    def fail(stop):
        raise OSError("no disk")

    jobs = [Job("first", fail), Job("second", lambda stop: done.append(1) or JobResult(60.0))]
    monkeypatch.setattr(base_jobs, "_jobs", jobs)

    with pytest.raises(CommandError, match=r"Failed: first\."):
        call_command("work", once=True)

    assert done == [1]
    assert "no disk" in caplog.text
