"""Mending rows on screen, leaving them out, taking them in again."""

import pytest

from audit.models import Event
from base.changes import EditConflict
from imports import actions
from imports.jobs import process_due
from imports.models import Import, Row
from tests.factories import UserFactory
from tests.imports.conftest import again, lines, people, rows_of, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def import_(checked):
    """Line 3 is malformed, line 4 repeats line 2."""
    return checked(
        lines("sofia@kelpworks.example,Sofia,Brandt", "nope,No,Pe", "sofia@kelpworks.example,S,B")
    )


def mend(import_, number, **changes):
    typed = {"email": "omar@quarry.example", "first_name": "Omar", "last_name": "Clarke"}
    return actions.mend_row(by=None, row=import_.rows.get(number=number), **(typed | changes))


def test_a_mended_row_is_ready(import_):
    row = mend(import_, 3, email=" Omar@Quarry.example ")

    assert (row.state, row.email, row.problem) == ("ready", "omar@quarry.example", "")
    assert row.is_mended
    assert row.values == ["nope", "No", "Pe"]


def test_what_is_still_wrong_stands_beside_the_row(import_):
    assert mend(import_, 3, email="still nope").problem.startswith("Enter a valid email address")
    assert mend(import_, 3, email="sofia@kelpworks.example").problem == (
        "The same address as in line 2."
    )


def test_another_address_frees_the_row_that_repeated_it(import_):
    mend(import_, 2)

    assert states_of(import_) == ["ready", "problem", "ready"]


def test_another_address_may_stand_in_a_later_rows_way(import_):
    mend(import_, 4)
    mend(import_, 3)

    assert rows_of(import_)[2] == (4, "problem", "The same address as in line 3.")


def test_a_later_row_takes_the_place_of_a_dropped_one(import_):
    assert actions.drop_rows(by=None, import_=import_, numbers=[2, 99]) == 1

    assert states_of(import_) == ["dropped", "problem", "ready"]
    assert actions.drop_rows(by=None, import_=import_, numbers=[2]) == 0


def test_a_row_that_cannot_be_done_stands_in_nobodys_way(checked):
    again = "sofia@kelpworks.example,Sofia,Brandt"
    import_ = checked(lines("sofia@kelpworks.example,www.evil.example,Brandt", again, again))
    assert states_of(import_) == ["problem", "ready", "problem"]

    actions.drop_problems(by=None, import_=import_)

    assert states_of(import_) == ["dropped", "ready", "dropped"]


def test_looking_again_finds_the_same_row_first_however_long_the_file(checked, monkeypatch):
    monkeypatch.setattr("imports.working.BATCH", 2)
    twice = "sofia@kelpworks.example,Sofia,Brandt"
    import_ = checked(lines("a@b.example,A,B", twice, twice, "c@d.example,C,D", twice))
    wanted = ["ready", "ready", "problem", "ready", "problem"]
    assert states_of(import_) == wanted

    actions.check_again(import_=import_)
    process_due()

    assert states_of(import_) == wanted


def test_an_address_is_not_cut_into_somebody_elses(checked):
    import_ = checked(lines(f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.community{'x' * 5},A,B"))

    [row] = import_.rows.all()
    assert (row.state, row.problem) == ("problem", "The address is longer than 254 characters.")


def test_changes_to_rows_are_in_the_journal(import_, ada):
    actions.mend_row(
        row=import_.rows.get(number=3), email="o@x.example", first_name="O", last_name="X", by=ada
    )
    actions.drop_rows(import_=import_, numbers=[2, 3], by=ada)
    actions.restore_rows(import_=import_, numbers=[2], by=ada)
    actions.drop_problems(import_=import_, by=ada)

    happened = Event.objects.filter(action__startswith="import.row").order_by("pk")
    assert [(one.action, one.actor_id, one.data) for one in happened] == [
        (
            "import.row_mended",
            ada.public_id,
            {
                "line": 3,
                "changes": {
                    "email": ["nope", "o@x.example"],
                    "first_name": ["No", "O"],
                    "last_name": ["Pe", "X"],
                },
            },
        ),
        ("import.rows_dropped", ada.public_id, {"rows": 2}),
        ("import.rows_restored", ada.public_id, {"rows": 1}),
        ("import.rows_dropped", ada.public_id, {"rows": 1}),
    ]


def test_a_row_mended_into_what_it_was_is_nothing_to_write_down(import_):
    mend(import_, 2, email="sofia@kelpworks.example", first_name="Sofia", last_name="Brandt")

    assert not Event.objects.filter(action="import.row_mended").exists()


def test_a_restored_row_is_checked_again(import_):
    actions.drop_rows(by=None, import_=import_, numbers=[2, 3])
    UserFactory(email="sofia@kelpworks.example")

    assert actions.restore_rows(by=None, import_=import_, numbers=[2, 3, 4]) == 2

    assert [problem[:22] for _number, _state, problem in rows_of(import_)] == [
        "Already a developer.",
        "Enter a valid email ad",
        "The same address as in",
    ]


def test_all_problems_are_dropped_at_once(import_):
    assert actions.drop_problems(by=None, import_=import_) == 2

    assert states_of(import_) == ["ready", "dropped", "dropped"]


def test_rows_can_be_checked_again_when_the_world_went_on(import_):
    UserFactory(email="sofia@kelpworks.example")

    actions.check_again(import_=import_)
    assert again(import_).state == Import.State.CHECKING
    process_due()

    assert states_of(import_) == ["problem", "problem", "problem"]
    assert again(import_).state == Import.State.CHECKED


def test_rows_stay_as_they_are_while_it_is_at_work(upload, started):
    not_mapped = upload(people(1))
    running = started(people(1))

    for import_ in [not_mapped, running]:
        with pytest.raises(actions.ImportIsAtWork):
            mend(import_, 2)
        with pytest.raises(actions.ImportIsAtWork):
            actions.drop_rows(by=None, import_=import_, numbers=[2])
        with pytest.raises(actions.ImportIsAtWork):
            actions.restore_rows(by=None, import_=import_, numbers=[2])
        with pytest.raises(actions.ImportIsAtWork):
            actions.drop_problems(by=None, import_=import_)
        with pytest.raises(actions.ImportIsAtWork):
            actions.check_again(import_=import_)


def test_a_row_that_is_done_stays_done(started):
    import_ = started(people(1))
    process_due()

    with pytest.raises(actions.RowIsDone):
        mend(import_, 2)
    assert actions.drop_rows(by=None, import_=import_, numbers=[2]) == 0
    assert import_.rows.get().state == Row.State.DONE


def test_a_row_keeps_what_a_colleague_typed_into_it(import_, ada, chen):
    row = import_.rows.get(number=2)
    seen = {"email": row.email, "first_name": row.first_name, "last_name": row.last_name}
    actions.mend_row(row=row, first_name="Sophie", by=chen)

    actions.mend_row(row=row, last_name="Brand", first_name="Sofia", seen=seen, by=ada)

    row.refresh_from_db()
    assert row.full_name == "Sophie Brand"


def test_a_cell_that_two_people_typed_into_is_asked_about(import_, ada, chen):
    row, other = import_.rows.get(number=2), import_.rows.get(number=3)
    actions.mend_row(row=row, first_name="Sophie", by=chen)
    # Of another line, and later.
    actions.mend_row(row=other, first_name="Omar", by=ada)

    with pytest.raises(EditConflict) as refusal:
        actions.mend_row(row=row, first_name="Sonia", seen={"first_name": "Sofia"}, by=ada)

    conflict = refusal.value.conflicts["first_name"]
    assert (conflict.present, conflict.who) == ("Sophie", "Chen Wei")
    assert (
        actions.mend_row(
            row=row, first_name="Sonia", seen={"first_name": "Sophie"}, by=ada
        ).first_name
        == "Sonia"
    )
