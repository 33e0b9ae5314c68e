"""Runners, people and blocks at the same moment, on both databases."""

from datetime import timedelta
from functools import partial

import pytest

from accounts import actions as accounts
from accounts.models import User
from audit.models import Event
from imports import actions, working
from imports.jobs import process_due
from imports.models import Import, Row
from invitations.actions import invite_many
from invitations.models import Invitation
from mail.models import Message
from packages.actions import create_package, delete_package
from tests.imports.conftest import again, people
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Many batches, and no leisure between them."""
    monkeypatch.setattr(working, "BATCH", 7)
    monkeypatch.setattr(working, "BATCH_WITH_PACKAGE", 7)
    monkeypatch.setattr(working, "PAUSE", 0)


def assert_each_once(import_, count):
    assert again(import_).counts()["done"] == count
    assert Invitation.objects.count() == count
    assert Event.objects.filter(action="invitation.sent").count() == count
    assert Message.objects.filter(kind="invitation").count() == count
    assert Event.objects.filter(action="import.finished").count() == 1
    references = Row.objects.filter(part_of=import_).values_list("reference", flat=True)
    assert set(references) == set(Invitation.objects.values_list("public_id", flat=True))


def test_two_runners_do_each_row_once(started):
    import_ = started(people(60))

    assert refusals(race(process_due, process_due, process_due), ()) == []

    assert again(import_).state == Import.State.FINISHED
    assert_each_once(import_, 60)


def test_runners_that_each_believe_to_have_it_do_each_row_once(started):
    """One slept past its lease, another took over, and both wake at once."""
    import_ = started(people(60))
    sleeper = working.claim_due()
    Import.objects.update(leased_until=None)
    successor = working.claim_due()

    race(partial(working.process, sleeper), partial(working.process, successor))

    assert_each_once(import_, 60)


def test_a_stop_while_it_runs_stops_after_the_batch_in_hand(started, ada, monkeypatch):
    monkeypatch.setattr(working, "PAUSE", 0.05)
    import_ = started(people(400))

    race(process_due, partial(actions.stop_import, import_=import_, by=ada))

    import_ = again(import_)
    assert import_.state == Import.State.CANCELLED
    done = import_.counts()["done"]
    assert Invitation.objects.count() == Message.objects.count() == done
    assert done % 7 == 0


def test_two_presses_start_it_once(checked, ada):
    import_ = checked(people(3))
    start = partial(actions.start_import, import_=import_, by=ada, validity=timedelta(days=7))

    outcomes = race(start, start, start)

    assert len(refusals(outcomes, actions.CannotStart)) == 2
    assert Event.objects.filter(action="import.started").count() == 1


def test_a_block_of_the_starter_while_it_runs_leaves_no_half(started, ada, chen):
    import_ = started(people(200), kind="add", by=chen)

    race(process_due, partial(accounts.block_user, user=chen, by=ada))
    process_due()

    import_ = again(import_)
    done = import_.counts()["done"]
    assert import_.state == (Import.State.FINISHED if done == 200 else Import.State.CANCELLED)
    assert User.objects.filter(email__endswith="@kelpworks.example").count() == done
    assert Message.objects.filter(kind="welcome").count() == done


def test_two_imports_and_a_paste_of_the_same_people_do_each_once(started, ada):
    first, second = started(people(40)), started(people(41))
    # Both were checked before either ran.
    second.rows.update(state=Row.State.READY, problem="")
    Import.objects.filter(pk=second.pk).update(state=Import.State.RUNNING)
    pasted = [accounts.Person(email=f"p{number}@kelpworks.example") for number in range(39, -1, -1)]

    outcomes = race(
        process_due,
        process_due,
        partial(invite_many, people=pasted, by=ada, validity=timedelta(days=7)),
    )

    assert refusals(outcomes, ()) == []
    assert Invitation.objects.count() == Message.objects.filter(kind="invitation").count() == 41
    done = again(first).counts()["done"] + again(second).counts()["done"]
    assert done + sum(isinstance(each, Invitation) for each in outcomes[2]) == 41


def test_mending_and_starting_at_once_are_one_after_the_other(checked, ada):
    import_ = checked(people(2))
    row = import_.rows.get(number=2)

    outcomes = race(
        partial(
            actions.mend_row, by=ada, row=row, email="new@x.example", first_name="N", last_name="X"
        ),
        partial(actions.start_import, import_=import_, by=ada, validity=timedelta(days=7)),
    )
    refusals(outcomes, actions.ImportIsAtWork)
    process_due()

    row.refresh_from_db()
    assert Invitation.objects.filter(email=row.email).exists()
    assert again(import_).counts()["done"] == 2


def test_deleting_the_package_while_it_runs_is_no_deadlock(started, ada):
    package = create_package(name="Carriers", by=ada, products=[])
    import_ = started(people(60), kind="add", package=package)

    outcomes = race(
        process_due, process_due, partial(delete_package, package=package, by=ada, confirmed=True)
    )

    assert refusals(outcomes, ()) == []
    import_ = again(import_)
    done = import_.counts()["done"]
    assert User.objects.filter(email__endswith="@kelpworks.example").count() == done
    assert import_.state == (Import.State.FINISHED if done == 60 else Import.State.CANCELLED)
