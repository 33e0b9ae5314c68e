"""Doing the rows: each once, in the name of whoever started it, one bad row beside the others."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Role, User
from audit.models import Event
from imports import actions
from imports.jobs import process_due
from imports.models import Import, Row
from imports.working import BATCH, claim_due, process
from invitations.models import Invitation
from mail.models import Message
from packages.actions import PackageGone, create_package, delete_package
from tests.factories import InvitationFactory, ProductFactory, RoleFactory, UserFactory
from tests.imports.conftest import again, lines, people, rows_of, states_of

pytestmark = pytest.mark.django_db
State = Import.State


def test_start_wants_rows_and_what_holds_for_all(checked, ada):
    import_ = checked(people(1))
    guests = Role.objects.get(built_in="guests")

    for wrong, field in [
        ({}, "validity"),
        ({"validity": timedelta(days=91)}, "validity"),
        ({"validity": timedelta(days=7), "message": "x" * 2001}, "message"),
        ({"validity": timedelta(days=7), "language": "tlh"}, "language"),
    ]:
        with pytest.raises(ValidationError) as refusal:
            actions.start_import(import_=import_, by=ada, **wrong)
        assert set(refusal.value.message_dict) == {field}
    with pytest.raises(accounts.RoleNotAssignable):
        actions.start_import(import_=import_, by=ada, validity=timedelta(days=7), roles=[guests])
    actions.drop_rows(by=None, import_=import_, numbers=[2])
    with pytest.raises(actions.CannotStart):
        actions.start_import(import_=import_, by=ada, validity=timedelta(days=7))


def test_an_import_invites_as_inviting_by_hand_does(started, ada):
    pilots = RoleFactory(name="Pilots")

    import_ = started(
        lines("sofia@kelpworks.example,Sofia,Brandt", "omar@quarry.example,,", "nope,,"),
        roles=[pilots],
        message=" Welcome aboard ",
        language="de",
    )
    assert process_due() == 1

    import_ = again(import_)
    assert (import_.state, import_.leased_until) == (State.FINISHED, None)
    assert import_.finished_at
    assert states_of(import_) == ["done", "done", "problem"]
    omar, sofia = Invitation.objects.order_by("email")
    assert (sofia.full_name, omar.full_name) == ("Sofia Brandt", "Omar")
    assert (sofia.sender, sofia.language, sofia.message) == (ada, "de", "Welcome aboard")
    assert list(sofia.roles.all()) == [pilots]
    assert sofia.validity == timedelta(days=7)
    row = import_.rows.get(number=2)
    assert (row.reference, row.about) == (sofia.public_id, "invitation")
    assert Message.objects.filter(kind="invitation", language="de").count() == 2
    happened = Event.objects.order_by("pk").values_list("action", "actor_id", "data")
    assert list(happened) == [
        ("import.uploaded", ada.public_id, {"rows": 3}),
        ("import.started", ada.public_id, {"roles": ["Pilots"], "package": "", "rows": 2}),
        ("invitation.sent", ada.public_id, {"roles": ["Pilots"], "package": ""}),
        ("invitation.sent", ada.public_id, {"roles": ["Pilots"], "package": ""}),
        ("import.finished", None, {"done": 2, "not_done": 1}),
    ]


def test_an_import_adds_active_developers_with_a_welcome(started):
    import_ = started(lines("sofia@kelpworks.example,Sofia,Brandt"), kind="add", language="de")
    process_due()

    sofia = User.objects.get(email="sofia@kelpworks.example")
    assert sofia.is_active
    assert [role.built_in for role in sofia.roles.all()] == ["developers"]
    assert Message.objects.get().kind == "welcome"
    row = import_.rows.get()
    assert (row.state, row.reference, row.about) == ("done", sofia.public_id, "user")


def test_an_import_gives_a_package_to_everybody_it_adds(started, ada):
    product = ProductFactory(name="Freight")
    package = create_package(name="Carriers", by=ada, products=[product])

    started(people(3), kind="add", package=package)
    process_due()

    for user in User.objects.filter(email__endswith="@kelpworks.example"):
        assert user.subscriptions.get().product == product
    assert set(Message.objects.values_list("kind", flat=True)) >= {"welcome_with_package"}


@pytest.mark.parametrize("kind", ["invite", "add"])
def test_a_deleted_package_stops_it(started, ada, kind):
    package = create_package(name="Carriers", by=ada, products=[ProductFactory()])
    import_ = started(people(2), kind=kind, package=package)
    claimed = claim_due()
    delete_package(package=package, by=ada)

    process(claimed)

    assert again(import_).problem == "The package Carriers was deleted."
    assert states_of(import_) == ["ready", "ready"]
    assert Event.objects.filter(action="import.stopped").count() == 1
    actions.start_import(import_=import_, by=ada, validity=timedelta(days=7))
    process_due()
    assert states_of(import_) == ["done", "done"]


def test_a_package_deleted_before_it_was_taken_up_stops_it(started, ada):
    package = create_package(name="Carriers", by=ada, products=[])
    import_ = started(people(1), package=package)
    delete_package(package=package, by=ada)

    process_due()

    assert again(import_).problem == "The package Carriers was deleted."
    with pytest.raises(PackageGone):
        actions.start_import(import_=import_, by=ada, package=package, validity=timedelta(days=7))


def test_an_import_invites_with_a_package(started, ada):
    package = create_package(name="Carriers", by=ada, products=[ProductFactory()])

    started(people(1), package=package)
    process_due()

    assert Invitation.objects.get().package == package


def test_what_happened_since_the_check_costs_the_others_nothing(started, ada):
    import_ = started(people(4))
    known = UserFactory(email="p0@kelpworks.example")
    invited = InvitationFactory(sender=ada, email="p2@kelpworks.example")
    process_due()

    assert [state for _number, state, _problem in rows_of(import_)] == [
        "failed",
        "done",
        "failed",
        "done",
    ]
    first, third = import_.rows.get(number=2), import_.rows.get(number=4)
    assert (first.problem, first.reference) == ("Already a developer.", known.public_id)
    assert third.problem.startswith("Already invited on")
    assert (third.reference, third.about) == (invited.public_id, "invitation")


def test_nobody_is_added_beside_an_open_invitation(started, ada):
    import_ = started(people(3), kind="add")
    InvitationFactory(sender=ada, email="p1@kelpworks.example")
    process_due()

    assert states_of(import_) == ["done", "failed", "done"]
    assert import_.rows.get(number=3).problem.startswith("Has an open invitation.")


def test_batches_follow_each_other_until_all_is_done(started):
    import_ = started(people(BATCH * 2))
    process_due()

    assert again(import_).state == State.FINISHED
    assert Invitation.objects.count() == BATCH * 2


def test_a_batch_takes_the_same_statements_whatever_its_size(
    started, django_assert_max_num_queries
):
    for count in [1, 100]:
        started(people(count, domain=f"d{count}.example"))
        # Claims, lease, sender, rows, two roles, eight for the invitations, saving, ending.
        with django_assert_max_num_queries(33):
            process_due()


@contextmanager
def poison(table, column, value):
    """The database refuses one row, as a disk or a constraint of tomorrow might."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE TRIGGER poison BEFORE INSERT ON {table} WHEN new.{column} = '{value}'"
                " BEGIN SELECT RAISE(ABORT, 'poison'); END"
            )
        else:
            cursor.execute(
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN IF new.{column} = '{value}' THEN RAISE 'poison'; END IF;"
                " RETURN new; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER poison BEFORE INSERT ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION poison()"
            )
        yield
        cursor.execute(
            "DROP TRIGGER poison"
            if connection.vendor == "sqlite"
            else f"DROP TRIGGER poison ON {table}"
        )
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION poison")


@pytest.mark.parametrize("kind", ["invite", "add"])
def test_one_row_that_the_database_refuses_does_not_stop_the_others(started, kind):
    import_ = started(people(5), kind=kind)
    table = "invitations_invitation" if kind == "invite" else "accounts_user"

    with poison(table, "email", "p2@kelpworks.example"):
        process_due()

    assert states_of(import_) == ["done", "done", "failed", "done", "done"]
    assert "The log of the service says why" in import_.rows.get(number=4).problem
    assert again(import_).state == State.FINISHED


def test_one_row_that_cannot_be_checked_does_not_stop_the_others(upload, ada):
    import_ = upload(people(1100))
    # A row as no version of ours writes it.
    import_.rows.filter(number=700).update(values=[None])

    actions.choose_columns(import_=import_, mapping=import_.mapping, by=ada)
    process_due()

    assert again(import_).state == State.CHECKED
    assert list(import_.rows.filter(state="problem").values_list("number", flat=True)) == [700]


def test_a_blocked_starter_stops_it_and_another_may_go_on(started, ada, chen):
    import_ = started(people(3), by=chen)
    accounts.block_user(user=chen, by=ada)
    process_due()

    stopped = again(import_)
    assert stopped.state == State.CANCELLED
    assert stopped.problem == "Chen Wei, who started it, is no longer an active administrator."
    assert states_of(import_) == ["ready"] * 3
    event = Event.objects.get(action="import.stopped")
    assert event.data == {"reason": stopped.problem}

    actions.start_import(import_=import_, by=ada, validity=timedelta(days=1))
    process_due()
    assert again(import_).problem == ""
    assert set(Invitation.objects.values_list("sender", flat=True)) == {ada.pk}


def test_a_demoted_or_deleted_starter_stops_it_too(started, ada, chen, administrators_role):
    first = started(people(1, "a.example"), by=chen)
    accounts.remove_role(user=chen, role=administrators_role, by=ada)
    process_due()
    assert again(first).state == State.CANCELLED

    accounts.assign_role(user=chen, role=administrators_role, by=ada)
    second = started(people(1, "b.example"), by=User.objects.get(pk=chen.pk))
    accounts.delete_user(user=chen, by=ada)
    process_due()
    assert again(second).state == State.CANCELLED
    assert again(second).problem.startswith("Chen Wei")


def test_stop_leaves_what_is_done_and_start_goes_on_with_the_rest(started, ada):
    import_ = started(people(BATCH + 2))
    asked = []
    claimed = claim_due()
    # After the first batch.
    process(claimed, stop=lambda: asked.append(1) or len(asked) > 1)
    actions.stop_import(import_=import_, by=ada)
    process_due()

    assert again(import_).state == State.CANCELLED
    assert again(import_).counts()["done"] == BATCH
    actions.stop_import(import_=import_, by=ada)
    assert Event.objects.filter(action="import.cancelled").count() == 1

    actions.start_import(import_=import_, by=ada, validity=timedelta(days=7))
    process_due()
    assert again(import_).counts()["done"] == BATCH + 2
    assert Invitation.objects.count() == BATCH + 2


def test_a_finished_import_starts_again_for_rows_mended_since(started, ada):
    import_ = started(lines("sofia@kelpworks.example,,", "nope,,"))
    process_due()
    with pytest.raises(actions.CannotStart):
        actions.start_import(import_=import_, by=ada, validity=timedelta(days=7))

    actions.mend_row(
        by=None,
        row=import_.rows.get(number=3),
        email="omar@quarry.example",
        first_name="",
        last_name="",
    )
    actions.start_import(import_=import_, by=ada, validity=timedelta(days=7))
    process_due()

    assert states_of(import_) == ["done", "done"]


def test_whoever_is_told_to_stop_lets_go_at_once(started):
    import_ = started(people(1))
    claimed = claim_due()
    assert again(import_).leased_until > timezone.now()
    assert claim_due() is None

    process(claimed, stop=lambda: True)

    assert again(import_).leased_until is None
    assert process_due(lambda: True) == 0
    assert claim_due() == import_


def test_whoever_slept_past_the_lease_writes_nothing(started):
    import_ = started(people(2))
    sleeper = claim_due()
    Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    successor = claim_due()

    process(sleeper)

    assert states_of(import_) == ["ready", "ready"]
    process(successor)
    assert states_of(import_) == ["done", "done"]


def test_a_deleted_import_is_nobodys_work(started, ada):
    import_ = started(people(2))
    claimed = claim_due()
    with pytest.raises(actions.CannotDelete):
        actions.delete_import(import_=import_, by=ada)
    actions.stop_import(import_=import_, by=ada)
    actions.delete_import(import_=import_, by=ada)

    process(claimed)

    assert not Row.objects.exists()
    assert not Invitation.objects.exists()
    assert Event.objects.filter(action="import.deleted").exists()


def test_a_report_taken_away_is_noted(started, ada):
    actions.record_report(import_=started(people(1)), by=ada)

    assert Event.objects.get(action="import.exported").actor_id == ada.public_id


def test_an_import_that_nobody_takes_up_says_so(started):
    import_ = started(people(1))
    assert not again(import_).is_left_alone

    Import.objects.update(asked_at=timezone.now() - timedelta(minutes=3))
    assert again(import_).is_left_alone
    process_due()
    assert not again(import_).is_left_alone
