"""The worker as it runs in production, ended by ``kill -9`` in the middle of an import."""

import os
import signal
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from audit.models import Event
from imports.models import Import
from invitations.models import Invitation
from mail.models import Message
from tests.imports.conftest import again, people
from tests.servers import database_url, free_port, lay_out_throttle, running

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 2500


@pytest.fixture
def worker(tmp_path):
    """``manage.py work`` against the test's database; no mail server answers it."""
    lay_out_throttle()
    environment = os.environ | {
        "APIM_DEBUG": "1",
        "APIM_DATABASE_URL": database_url(),
        "APIM_MAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        "APIM_BACKGROUND": "worker",
    }

    def start(*arguments):
        command = [sys.executable, "manage.py", "work", *arguments]
        log = tmp_path / "log"
        return running(command, log, environment=environment, cwd=settings.BASE_DIR)

    return start


def wait_until(condition, *, process, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)


def test_a_killed_worker_loses_no_row_and_does_none_twice(worker, started):
    import_ = started(people(COUNT))
    kills = 0

    while kills < 3:
        done = Invitation.objects.count()
        with worker() as process:
            # In the window of a batch: it shows only what is committed.
            wait_until(lambda done=done: Invitation.objects.count() > done, process=process)
            time.sleep([0.0, 0.06, 0.12][kills])
            process.kill()
            assert process.wait(timeout=30) == -signal.SIGKILL
        kills += 1
        counts = again(import_).counts()
        assert counts["done"] == Invitation.objects.count() == Message.objects.count()
        # What the dead worker left is taken up when its lease is over.
        Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    with worker("--once") as process:
        assert process.wait(timeout=120) == 0

    assert kills == 3
    assert again(import_).state == Import.State.FINISHED
    assert again(import_).counts()["done"] == COUNT
    assert Invitation.objects.count() == COUNT
    for model, field in [(Message, "reference"), (Event, "subject_id")]:
        about = model.objects.exclude(**({"subject_kind": "import"} if model is Event else {}))
        twice = about.order_by().values(field).annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.exists()
        assert about.count() == COUNT
    assert import_.rows.values("reference").distinct().count() == COUNT


def test_a_worker_told_to_stop_ends_after_the_batch_and_lets_go(worker, started):
    import_ = started(people(COUNT))

    with worker() as process:
        wait_until(Invitation.objects.exists, process=process)
        process.terminate()
        assert process.wait(timeout=30) == 0

    import_ = again(import_)
    assert import_.leased_until is None
    assert import_.counts()["done"] == Invitation.objects.count()
