"""Taking a file in and checking its rows: a result for each, nobody told anything."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from imports import actions
from imports.actions import uploading
from imports.jobs import process_due
from imports.models import Import, Row
from invitations.models import Invitation
from mail.models import Message
from tests.factories import InvitationFactory, UserFactory
from tests.imports.conftest import HEAD, again, lines, people, rows_of, states_of

pytestmark = pytest.mark.django_db


def test_upload_keeps_the_rows_and_guesses_the_columns(upload, ada):
    import_ = upload(lines("sofia@kelpworks.example,Sofia,Brandt", "omar@quarry.example,Omar,"))

    assert import_.state == Import.State.MAPPING
    assert import_.mapping == {"email": 0, "first_name": 1, "last_name": 2}
    assert (import_.encoding, import_.delimiter, import_.row_count) == ("utf-8", ",", 2)
    assert import_.sender == ada
    assert list(import_.rows.order_by("number").values_list("number", "values", "state")) == [
        (2, ["sofia@kelpworks.example", "Sofia", "Brandt"], "new"),
        (3, ["omar@quarry.example", "Omar", ""], "new"),
    ]
    event = Event.objects.get(action="import.uploaded")
    assert (event.subject_label, event.data) == ("people.csv", {"rows": 2})
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\Users\\ada\\people.csv", "people.csv"),
        ("../../etc/people.csv", "people.csv"),
        ("evil\u202e.csv\n", "evil.csv"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("\n", "import.csv"),
    ],
)
def test_the_name_of_the_file_is_tidied(upload, name, shown):
    assert upload(people(1), file_name=name).file_name == shown


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(HEAD, "no other"), ("", "empty"), (b"x" * (uploading.MAX_BYTES + 1), "larger than 10 MB")],
)
def test_a_refused_file_leaves_nothing(upload, content, sentence):
    with pytest.raises(actions.FileUnreadable) as refusal:
        upload(content)

    assert sentence in refusal.value.message_dict["file"][0]
    assert not Import.objects.exists()


def test_a_file_that_breaks_off_leaves_nothing(upload):
    with pytest.raises(actions.FileUnreadable) as refusal:
        upload(people(1500) + '"' + "x" * 200_000)

    assert "Line 1502" in refusal.value.message_dict["file"][0]
    assert not Import.objects.exists()
    assert not Row.objects.exists()


def test_an_unknown_kind_is_refused(ada):
    with pytest.raises(ValueError, match="evil"):
        actions.upload_file(file=io.BytesIO(b"a@b.example"), file_name="x", kind="evil", by=ada)


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({}, "email"),
        ({"email": None, "first_name": 0}, "email"),
        ({"email": 0, "first_name": 0}, "email"),
        ({"email": 3}, "__all__"),
        ({"email": -1}, "__all__"),
        ({"email": 0, "password": 1}, "__all__"),
    ],
)
def test_columns_that_make_no_sense_are_refused(upload, ada, mapping, field):
    import_ = upload(people(1))

    with pytest.raises(ValidationError) as refusal:
        actions.choose_columns(import_=import_, mapping=mapping, by=ada)

    words = getattr(refusal.value, "message_dict", {"__all__": refusal.value.messages})
    assert field in words
    assert again(import_).state == Import.State.MAPPING


def test_each_row_has_its_result(checked, ada, ben):
    UserFactory(email="hana@quarry.example", blocked=True)
    pending = InvitationFactory(sender=ada, email="omar@quarry.example")
    InvitationFactory(
        sender=ada, email="late@quarry.example", expires_at=timezone.now() - timedelta(days=1)
    )
    InvitationFactory(sender=ada, email="no@quarry.example", declined_at=timezone.now())
    pending.sent_at = pending.sent_at.replace(year=2026, month=11, day=3)
    pending.save()

    import_ = checked(
        lines(
            "sofia@kelpworks.example,Sofia,Brandt",
            "BEN@example.org,Ben,Okafor",
            "hana@quarry.example,Hana,Tanaka",
            "omar@quarry.example,Omar,Clarke",
            "late@quarry.example,Late,Comer",
            "no@quarry.example,No,Thanks",
            "nope,No,Pe",
            "Sofia@Kelpworks.example,Sofia,Again",
            "www@kelpworks.example,see www.evil.example,X",
            f"long@kelpworks.example,{'x' * 101},X",
            "only.address@kelpworks.example",
            "last@kelpworks.example,,Only",
            "shifted@kelpworks.example,Brandt, Sofia,Engineer",
            ",Nobody,Here",
        )
    )

    day = f"{timezone.localtime(Invitation.objects.get(email='late@quarry.example').sent_at):%-d %b %Y}"
    assert [(number, problem) for number, _state, problem in rows_of(import_)] == [
        (2, ""),
        (3, "Already a developer."),
        (4, "A developer with this address is blocked. Activate them instead."),
        (5, "Already invited on 3 Nov 2026."),
        (6, f"Invited on {day}; the link has expired. Resend it instead."),
        (7, ""),
        (8, "Enter a valid email address, such as name@example.org."),
        (9, "The same address as in line 2."),
        (10, "A name cannot contain a link."),
        (11, "A name has at most 100 characters."),
        (12, ""),
        (13, ""),
        (14, "This line has more cells than the first line has columns."),
        (15, "Enter an email address."),
    ]
    assert {state for _number, state, problem in rows_of(import_) if problem} == {"problem"}
    assert {state for _number, state, problem in rows_of(import_) if not problem} == {"ready"}
    assert import_.state == Import.State.CHECKED
    known, invited = import_.rows.get(number=3), import_.rows.get(number=5)
    assert (known.reference, known.about) == (ben.public_id, "user")
    assert (invited.reference, invited.about) == (pending.public_id, "invitation")
    assert import_.rows.get(number=12).full_name == "Only Address"
    assert import_.rows.get(number=13).full_name == "Only"
    assert not Message.objects.exists()


def test_adding_wants_both_names_and_minds_open_invitations(checked, ada):
    InvitationFactory(sender=ada, email="omar@quarry.example")
    InvitationFactory(
        sender=ada, email="late@quarry.example", expires_at=timezone.now() - timedelta(days=1)
    )

    import_ = checked(
        lines(
            "sofia@kelpworks.example,Sofia,",
            "brandt@kelpworks.example,,Brandt",
            "hana.tanaka@quarry.example,,",
            "info@quarry.example,,",
            "omar@quarry.example,Omar,Clarke",
            "late@quarry.example,Late,Comer",
        ),
        kind="add",
    )

    assert [problem for _number, _state, problem in rows_of(import_)] == [
        "Enter a last name.",
        "Enter a first name.",
        "",
        "Enter a last name.",
        "Has an open invitation. Revoke or resend that first.",
        "",
    ]


def test_one_column_may_hold_the_full_name(upload, ada):
    import_ = upload('Name;E-Mail\n"Brandt, Sofia";sofia@kelpworks.example\n')

    actions.choose_columns(import_=import_, mapping=import_.mapping, by=ada)

    row = import_.rows.get()
    assert (row.first_name, row.last_name, row.state) == ("Sofia", "Brandt", "ready")


def test_columns_may_be_chosen_again_and_mended_rows_keep_what_was_typed(checked, ada):
    import_ = checked("A,B\nsofia@kelpworks.example,omar@quarry.example\nx@y.example,nope\n")
    actions.mend_row(
        by=None,
        row=import_.rows.get(number=3),
        email="eva@y.example",
        first_name="Eva",
        last_name="Horvat",
    )
    left_out = import_.rows.get(number=2)

    actions.choose_columns(import_=import_, mapping={"email": 1}, by=ada)

    assert [row.email for row in import_.rows.order_by("number")] == [
        "omar@quarry.example",
        "eva@y.example",
    ]
    actions.drop_rows(by=None, import_=import_, numbers=[2])
    actions.choose_columns(import_=import_, mapping={"email": 0}, by=ada)
    left_out.refresh_from_db()
    assert left_out.state == Row.State.DROPPED


def test_an_address_that_a_running_import_will_do_is_a_problem(started, checked):
    started(people(2))

    import_ = checked(people(3))

    assert rows_of(import_) == [
        (2, "problem", "The import people.csv is about to do it."),
        (3, "problem", "The import people.csv is about to do it."),
        (4, "ready", ""),
    ]


def test_columns_are_fixed_once_it_was_started(started, ada):
    import_ = started(people(1))
    with pytest.raises(actions.ColumnsFixed):
        actions.choose_columns(import_=import_, mapping={"email": 0}, by=ada)
    process_due()

    with pytest.raises(actions.ColumnsFixed):
        actions.choose_columns(import_=import_, mapping={"email": 0}, by=ada)


def test_a_long_file_is_checked_behind_the_page(upload, ada):
    repeated = "p700@kelpworks.example,Again,Bee\np3@kelpworks.example,Again,Bee\n"
    import_ = upload(people(1200) + repeated)

    actions.choose_columns(import_=import_, mapping=import_.mapping, by=ada)

    assert again(import_).state == Import.State.CHECKING
    assert set(states_of(import_)) == {"new"}
    process_due()
    assert again(import_).state == Import.State.CHECKED
    assert again(import_).counts() == {
        "new": 0,
        "ready": 1200,
        "problem": 2,
        "dropped": 0,
        "done": 0,
        "failed": 0,
    }
    assert rows_of(import_)[-2:] == [
        (1202, "problem", "The same address as in line 702."),
        (1203, "problem", "The same address as in line 5."),
    ]


def test_statements_of_a_check_do_not_grow_with_the_rows(
    upload, ada, django_assert_max_num_queries
):
    for count in [1, 60]:
        import_ = upload(people(count, domain=f"d{count}.example"))
        with django_assert_max_num_queries(13):
            actions.choose_columns(import_=import_, mapping=import_.mapping, by=ada)
