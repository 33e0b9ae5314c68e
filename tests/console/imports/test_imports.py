"""Importing in the console: upload, columns, rows, run, report; with script and without."""

import csv
import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actions import block_user
from accounts.models import User
from audit.models import Event
from imports import actions
from imports.jobs import process_due
from imports.models import Import
from invitations.models import Invitation
from packages.models import Package
from tests.console.invitations.test_invitations import text_of
from tests.factories import RoleFactory, UserFactory
from tests.html_forms import form_on
from tests.imports.conftest import (  # noqa: F401 - fixtures
    again,
    checked,
    chen,
    lines,
    people,
    started,
    states_of,
    upload,
)

pytestmark = pytest.mark.django_db

LIST = "/console/imports/"
NEW = f"{LIST}new/"
HTMX = {"HX-Request": "true"}
RESULTS = {"HX-Request": "true", "HX-Target": "results"}


FIVE_COLUMNS = "Email,First name,Last name,Team,Site\nsofia@kelpworks.example,Sofia,Brandt,A,B\n"


def address(import_, operation=""):
    return f"{LIST}{import_.public_id}/{operation}"


def csv_file(text, name="people.csv"):
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


@pytest.fixture
def mixed(checked):  # noqa: F811 - pytest hands it over
    """Line 2 is ready, line 3 somebody's already, line 4 malformed."""
    UserFactory(email="hana@quarry.example", first_name="Hana", last_name="Tanaka")
    return checked(
        lines("sofia@kelpworks.example,Sofia,Brandt", "hana@quarry.example,Hana,T", "nope,No,Pe")
    )


# --- From the file to the rows --------------------------------------------------------------


def test_columns_that_are_not_used_are_named(console):
    file = csv_file("Email,Name,Roles,Team\nsofia@kelpworks.example,Sofia Brandt,Pilots,Tugs\n")
    console.post(NEW, {"kind": "invite", "file": file})
    import_ = Import.objects.get()
    columns = address(import_, "columns/")

    assert "Not used: Roles, Team. Roles and a package are chosen" in text_of(console.get(columns))
    refused = console.post(columns, {"first_name": "3"})
    assert "Not used: Email, Name, Roles." in text_of(refused)

    console.post(columns, {"email": "0", "full_name": "1", "last_name": "3"})
    process_due()
    start = console.get(address(import_, "start/"))
    assert "Not used from the file: Roles. What you choose here holds for all." in text_of(start)


def test_nothing_is_said_where_every_column_is_used(console):
    console.post(NEW, {"kind": "invite", "file": csv_file(people(1))})

    assert "Not used" not in text_of(console.get(address(Import.objects.get(), "columns/")))


def test_a_file_goes_from_upload_to_columns_to_rows(console):
    response = console.post(NEW, {"kind": "invite", "file": csv_file(people(2))})
    import_ = Import.objects.get()
    assert response["Location"] == address(import_, "columns/")

    page = console.get(response["Location"])
    assert "people.csv has 2 lines, read as UTF-8." in text_of(page)
    assert "p0@kelpworks.example Ann0 Bee" in text_of(page)
    chosen = re.findall(r'<option value="(\d)"\s+selected', page.content.decode())
    assert chosen == ["0", "1", "2"]

    response = console.post(
        address(import_, "columns/"), {"email": "0", "first_name": "1", "last_name": "2"}
    )
    assert response["Location"] == address(import_)
    page = console.get(address(import_))
    assert "Ready to start" in text_of(page)
    assert "Invite 2 people" in text_of(page)


def test_a_large_file_comes_through_the_disk(console):
    content = people(1) + "x@y.example," + "a" * 3_000_000 + "\n"
    response = console.post(NEW, {"kind": "add", "file": csv_file(content)})

    assert response.status_code == 422
    assert "Line 3 cannot be read." in text_of(response)
    wide = people(1) + "".join(f"w{n}@y.example,{'a' * 400}\n" for n in range(8000))
    assert console.post(NEW, {"kind": "add", "file": csv_file(wide)}).status_code == 302


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file."),
        ({"file": csv_file("")}, "The file is empty."),
        ({"file": csv_file(b"PK\x03\x04 workbook", "people.xlsx")}, "This is not a CSV file."),
        ({"file": csv_file("Email\n")}, "and no other"),
        ({"file": csv_file(b"\0" * 50)}, "The file is empty."),
        ({"file": csv_file(people(1)), "kind": "evil"}, "Select a valid choice."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_files_say_why(console, sent, sentence, headers):
    for file in sent.values():
        if hasattr(file, "seek"):
            file.seek(0)

    response = console.post(NEW, {"kind": "invite"} | sent, headers=headers)

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not Import.objects.exists()


def test_a_file_of_binary_noise_is_an_import_with_problems_at_worst(console):
    noise = bytes(range(256)) * 40

    response = console.post(NEW, {"kind": "invite", "file": csv_file(noise)})

    assert response.status_code in {302, 422}


def test_columns_are_refused_by_field(console, upload):  # noqa: F811
    import_ = upload(people(1))

    for sent in [{}, {"email": "9"}, {"email": "x"}, {"email": "0", "last_name": "0"}]:
        response = console.post(address(import_, "columns/"), sent)
        assert response.status_code == 422
    assert "This column is chosen twice." in text_of(response)


def test_a_new_import_leads_to_its_columns_and_a_started_one_away_from_them(
    console,
    upload,  # noqa: F811
    started,  # noqa: F811
):
    fresh, running = upload(people(1)), started(people(1, "b.example"))

    assert console.get(address(fresh))["Location"] == address(fresh, "columns/")
    assert console.get(address(running, "columns/"))["Location"] == address(running)


def test_the_list_shows_every_import(console, mixed, upload):  # noqa: F811
    assert "Nothing imported yet" not in text_of(console.get(LIST))
    upload(people(1), kind="add", file_name="add.csv")

    text = text_of(console.get(LIST))
    assert "people.csv Invites Ready to start 3 Ada Lovelace" in text
    assert "add.csv Adds Columns to choose 1 Ada Lovelace" in text


def test_the_empty_list_says_what_comes_here(console):
    assert "Nothing imported yet" in text_of(console.get(LIST))


def test_lists_ask_the_same_statements_for_one_row_and_for_many(
    console,
    checked,  # noqa: F811
    django_assert_num_queries,
    django_assert_max_num_queries,
):
    one = checked(people(1))
    console.get(LIST)
    with django_assert_max_num_queries(14) as queries:
        console.get(LIST)
    listed = len(queries)
    with django_assert_max_num_queries(14) as queries:
        console.get(address(one))
    shown = len(queries)
    many = checked(people(60, "b.example"))
    checked(people(1, "c.example"))

    with django_assert_num_queries(listed):
        console.get(LIST)
    with django_assert_num_queries(shown):
        console.get(address(many))


# --- The rows -------------------------------------------------------------------------------


def test_each_row_shows_its_result_and_what_is_in_its_way(console, mixed):
    response = console.get(address(mixed))

    text = text_of(response)
    assert "All 3 Ready 1 Problem 2" in text
    assert "Already a developer. Open Hana T" in text
    assert "Enter a valid email address" in text
    hana = User.objects.get(email="hana@quarry.example")
    assert f"/console/developers/{hana.public_id}/" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"2", "3", "4"}),
        ({"state": "problem"}, {"3", "4"}),
        ({"state": "evil"}, {"2", "3", "4"}),
        ({"q": "sofia"}, {"2"}),
        ({"q": "hana t"}, {"3"}),
        ({"q": "sofia", "state": "problem"}, set()),
    ],
)
def test_rows_are_filtered_by_the_address(console, mixed, query, found):
    response = console.get(address(mixed), query)

    shown = set(re.findall(r'aria-label="Select line (\d+)"', response.content.decode()))
    assert shown == found
    if not found:
        assert "No row matches" in text_of(response)


def test_rows_come_in_pages(console, checked):  # noqa: F811
    import_ = checked(people(120))

    first = console.get(address(import_))
    following = re.search(r'href="(\?[^"]*cursor=[^"]*)" rel="next"', first.content.decode())[1]
    second = console.get(address(import_) + following.replace("&amp;", "&"), headers=RESULTS)

    assert "Select line 51" in first.content.decode()
    assert "Select line 52" in second.content.decode()
    assert b"<html" not in second.content
    assert "50 of 120 rows" in text_of(second)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_row_is_mended_on_screen(console, mixed, headers):
    row = address(mixed, "rows/4/")
    assert "Mend line 4" in text_of(console.get(row, headers=headers))

    refused = console.post(row, {"email": "still nope"}, headers=headers)
    assert refused.status_code == 422
    assert "Enter a valid email address" in text_of(refused)
    response = console.post(
        row, {"email": "omar@quarry.example", "first_name": "Omar"}, headers=headers
    )
    assert (response.get("HX-Redirect") or response["Location"]) == address(mixed)
    assert states_of(mixed) == ["ready", "problem", "ready"]
    assert console.get(address(mixed, "rows/99/")).status_code == 404


def test_a_row_saved_with_a_fault_is_no_conflict_with_oneself(console, mixed, ada, chen):  # noqa: F811
    row = address(mixed, "rows/4/")
    opened = form_on(console.get(row))
    actions.mend_row(row=mixed.rows.get(number=4), first_name="Omar", by=chen)

    still_wrong = console.post(row, opened | {"email": "still nope"})

    again = form_on(still_wrong)
    assert (still_wrong.status_code, again["first_name"]) == (422, ["Omar"])
    assert console.post(row, again | {"email": "omar@quarry.example"}).status_code == 302
    mended = mixed.rows.get(number=4)
    assert (mended.email, mended.first_name) == ("omar@quarry.example", "Omar")


def test_columns_that_a_colleague_chose_meanwhile_stay(console, upload, ada, chen):  # noqa: F811
    import_ = upload(FIVE_COLUMNS)
    columns = address(import_, "columns/")
    opened = form_on(console.get(columns))
    theirs = import_.mapping | {"last_name": 3}
    actions.choose_columns(import_=import_, mapping=theirs, by=chen)

    assert console.post(columns, opened).status_code == 302
    assert again(import_).mapping == theirs

    refused = console.post(columns, opened | {"last_name": "4"})
    assert refused.status_code == 422
    [sentence] = refused.context["form"].errors["last_name"]
    assert sentence.startswith("Chen Wei changed this to “Team” on ")
    assert "You entered “Site”." in sentence
    assert console.post(columns, form_on(refused)).status_code == 302
    assert again(import_).mapping == import_.mapping | {"last_name": 4}


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"first_name": "Omar"}, "last_name", "Enter a last name."),
        ({"last_name": "Haddad"}, "first_name", "Enter a first name."),
        (
            {"first_name": "Omar", "last_name": "www.evil.example"},
            "last_name",
            "A name cannot contain a link.",
        ),
        (
            {"first_name": "Omar", "last_name": "Haddad", "email": "hana@quarry.example"},
            "email",
            "Already a developer.",
        ),
    ],
)
def test_what_is_still_wrong_stands_under_its_field(console, checked, typed, field, words):  # noqa: F811
    UserFactory(email="hana@quarry.example", first_name="Hana", last_name="Tanaka")
    import_ = checked(lines("nope,No,Pe"), kind="add")

    refused = console.post(address(import_, "rows/2/"), {"email": "omar@quarry.example"} | typed)

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert words in refused.content.decode()


def test_rows_are_left_out_and_taken_in_again(console, mixed):
    rows = address(mixed, "rows/")

    response = console.post(rows, {"action": "drop", "selected": ["2", "3"]}, follow=True)
    assert "2 rows are left out." in text_of(response)
    assert states_of(mixed) == ["dropped", "dropped", "problem"]
    response = console.post(rows, {"action": "restore", "selected": ["2"]}, follow=True)
    assert "1 row was checked again." in text_of(response)
    assert states_of(mixed) == ["ready", "dropped", "problem"]


@pytest.mark.parametrize(
    "sent",
    [{}, {"action": "drop"}, {"action": "evil", "selected": "2"}, {"action": "drop", "selected": "x"},
     {"action": "drop", "selected": "9" * 30}],
)  # fmt: skip
def test_nothing_ticked_changes_nothing(console, mixed, sent):
    response = console.post(address(mixed, "rows/"), sent, follow=True)

    assert "Select at least one row." in text_of(response)
    assert states_of(mixed) == ["ready", "problem", "problem"]


def test_every_problem_is_left_out_at_once(console, mixed):
    assert "Leave out 2 rows with problems" in text_of(console.get(address(mixed)))

    response = console.post(address(mixed, "rows/problems/"), follow=True)

    assert "2 rows are left out." in text_of(response)
    assert states_of(mixed) == ["ready", "dropped", "dropped"]


def test_rows_are_checked_again(console, mixed):
    User.objects.filter(email="hana@quarry.example").delete()

    console.post(address(mixed, "rows/check/"))
    page = console.get(address(mixed))
    assert "0 of 3 rows are checked." in text_of(page)
    assert 'hx-trigger="load delay:1s"' in page.content.decode()
    process_due()

    assert states_of(mixed) == ["ready", "ready", "problem"]


def test_rows_of_a_running_import_are_left_alone(console, started):  # noqa: F811
    import_ = started(people(2))

    for operation, sent in [
        ("rows/", {"action": "drop", "selected": "2"}),
        ("rows/problems/", {}),
        ("rows/check/", {}),
    ]:
        response = console.post(address(import_, operation), sent, follow=True)
        assert "Rows cannot be changed while the import is at work." in text_of(response)
    refused = console.post(address(import_, "rows/2/"), {"email": "a@b.example"})
    assert refused.status_code == 422
    assert "Select line" not in console.get(address(import_)).content.decode()


# --- The run --------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_start_asks_what_holds_for_all_and_runs_behind_the_page(console, mixed, ada, headers):
    pilots = RoleFactory(name="Pilots")
    package = Package.objects.create(name="Freight", name_key="freight")
    page = text_of(console.get(address(mixed, "start/"), headers=headers))
    assert "Invite 1 person" in page
    assert "2 rows with problems are left as they are" in page

    response = console.post(
        address(mixed, "start/"),
        {
            "roles": [pilots.public_id],
            "package": package.public_id,
            "validity": "24",
            "message": "Welcome aboard",
            "language": "de",
        },
        headers=headers,
    )
    assert (response.get("HX-Redirect") or response["Location"]) == address(mixed)
    assert "0 of 1 rows are done." in text_of(console.get(address(mixed)))
    assert not Invitation.objects.exists()
    process_due()

    sofia = Invitation.objects.get()
    assert (sofia.sender, sofia.package, sofia.language) == (ada, package, "de")
    assert (sofia.message, sofia.validity) == ("Welcome aboard", timedelta(days=1))
    assert list(sofia.roles.all()) == [pilots]
    page = text_of(console.get(address(mixed)))
    assert "1 person was invited. 2 rows were left out." in page
    assert "Invitation of Sofia Brandt" in page


def test_what_was_started_once_goes_on_as_it_was_begun(console, mixed, ada):
    pilots = RoleFactory(name="Pilots")
    package = Package.objects.create(name="Freight", name_key="freight")
    begun = {
        "roles": [pilots],
        "package": package,
        "validity": timedelta(days=1),
        "message": "Welcome aboard",
        "language": "de",
    }
    import_ = actions.start_import(import_=mixed, by=ada, **begun)
    actions.stop_import(import_=import_, by=ada)

    form = console.get(address(mixed, "start/")).context["form"]
    shown = console.get(address(mixed, "start/")).content.decode()

    assert form.initial == {name: value for name, value in begun.items() if name != "validity"}
    assert form["validity"].value() == "24"
    assert re.search(rf'value="{pilots.public_id}"[^>]*checked', shown)
    assert re.search(rf'value="{package.public_id}"[^>]*selected', shown)
    package.delete()
    page = text_of(console.get(address(mixed, "start/")))
    assert "The access package Freight, with which it was started, was deleted." in page


def test_adding_asks_for_no_validity_and_no_note(console, checked):  # noqa: F811
    import_ = checked(people(2), kind="add")

    page = console.get(address(import_, "start/"))
    assert "Add 2 people" in text_of(page)
    assert 'name="validity"' not in page.content.decode()
    console.post(address(import_, "start/"), {"language": "en"})
    process_due()

    assert User.objects.filter(email__endswith="@kelpworks.example").count() == 2
    assert "2 people were added." in text_of(console.get(address(import_)))


def test_a_start_that_is_not_possible_says_so(console, started):  # noqa: F811
    import_ = started(people(1))

    response = console.post(address(import_, "start/"), {})

    assert response.status_code == 422
    assert "cannot be started" in text_of(response)


def test_progress_asks_again_until_it_is_over(console, started):  # noqa: F811
    import_ = started(people(3))
    progress = address(import_, "progress/")

    response = console.get(progress, headers=HTMX)
    assert "0 of 3 rows are done." in text_of(response)
    assert f'hx-get="{progress}"' in response.content.decode()
    assert '<progress class="progress-bar-line" max="3" value="0"' in " ".join(
        response.content.decode().split()
    )
    process_due()
    assert console.get(progress, headers=HTMX)["HX-Refresh"] == "true"
    assert console.get(progress)["Location"] == address(import_)
    assert "progress/" not in console.get(address(import_)).content.decode()


def test_a_page_stops_asking_where_nobody_works(console, started):  # noqa: F811
    import_ = started(people(3))
    Import.objects.update(asked_at=timezone.now() - timedelta(minutes=11))

    page = console.get(address(import_))

    assert "Nobody is working at it." in text_of(page)
    assert 'hx-trigger="load' not in page.content.decode()


def test_stop_asks_first_and_the_rest_can_go_on(console, started):  # noqa: F811
    import_ = started(people(3))
    assert "What is done stays done." in text_of(console.get(address(import_, "stop/")))

    response = console.post(address(import_, "stop/"), follow=True)
    process_due()

    assert "Stopped. 0 people were invited." in text_of(response)
    assert "Invite 3 people" in text_of(response)
    assert not Invitation.objects.exists()


def test_a_stop_by_itself_says_why(console, started, chen, ada):  # noqa: F811
    import_ = started(people(1), by=chen)
    block_user(user=chen, by=ada)
    process_due()

    assert "Stopped: Chen Wei, who started it, is no longer an active administrator." in text_of(
        console.get(address(import_))
    )


def test_delete_forgets_the_file_and_keeps_the_invitations(console, started):  # noqa: F811
    import_ = started(people(1))
    refused = console.post(address(import_, "delete/"))
    assert refused.status_code == 422
    process_due()
    assert "Invitations and developers that came of it stay." in text_of(
        console.get(address(import_, "delete/"))
    )

    response = console.post(address(import_, "delete/"), follow=True)

    assert "people.csv and its rows are deleted." in text_of(response)
    assert Invitation.objects.count() == 1
    assert not Import.objects.exists()


def test_the_report_tells_of_every_row_and_runs_no_formula(console, checked, ada):  # noqa: F811
    hana = UserFactory(email="hana@quarry.example")
    import_ = checked(
        lines(
            "sofia@kelpworks.example,=1+1,@SUM(A1)",
            "hana@quarry.example,Hana,Tanaka",
            "-nope,+No,Pe",
        )
    )
    actions.start_import(import_=import_, by=ada, validity=timedelta(days=7))
    process_due()

    response = console.get(address(import_, "report/"))

    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    sofia = Invitation.objects.get()
    assert [row["line"] for row in rows] == ["2", "3", "4"]
    assert rows[0] == {
        "line": "2",
        "email": "sofia@kelpworks.example",
        "first_name": "'=1+1",
        "last_name": "'@SUM(A1)",
        "outcome": "Done",
        "reason": "",
        "link": f"http://127.0.0.1:8000/console/invitations/{sofia.public_id}/",
    }
    assert rows[1]["reason"] == "Already a developer."
    assert rows[1]["link"].endswith(f"/console/developers/{hana.public_id}/")
    assert (rows[2]["email"], rows[2]["first_name"], rows[2]["link"]) == ("'-nope", "'+No", "")
    assert "attachment" in response["Content-Disposition"]
    assert Event.objects.filter(action="import.exported").count() == 1


def test_the_report_comes_in_batches(console, started, monkeypatch):  # noqa: F811
    monkeypatch.setattr("console.imports.page_data.REPORT_BATCH", 7)
    import_ = started(people(20))
    process_due()

    lines_read = console.get(address(import_, "report/")).getvalue().decode().splitlines()

    assert len(lines_read) == 21


def test_what_a_file_says_is_never_markup(console, checked):  # noqa: F811
    import_ = checked(
        'Email,<b>First</b>,Last\n<i>x</i>,"<script>alert(1)</script>",B\n', file_name="<u>.csv"
    )

    for page in ["", "rows/2/", "columns/", "start/", "delete/"]:
        content = console.get(address(import_, page)).content
        assert b"<script>alert" not in content
        assert b"<i>x</i>" not in content
        assert b"<u>.csv" not in content


def test_imports_are_offered_where_people_are(console):
    assert NEW in console.get("/console/invitations/").content.decode()
    assert f"{NEW}?kind=add" in console.get("/console/developers/").content.decode()
    checked_kind = re.search(r'value="(\w+)"[^>]*checked', console.get(f"{NEW}?kind=add").content.decode())  # fmt: skip
    assert checked_kind[1] == "add"


def test_the_journal_leads_to_the_import(console, started):  # noqa: F811
    import_ = started(people(1))

    page = console.get("/console/activity/")
    assert "Ada Lovelace started the import people.csv: 1 row" in text_of(page)
    assert address(import_) in page.content.decode()


def test_unknown_imports_are_not_found(console):
    for operation in ["", "columns/", "start/", "report/", "progress/", "rows/2/"]:
        assert console.get(f"{LIST}{uuid4()}/{operation}").status_code == 404


def test_developers_and_visitors_stay_outside(portal, client, mixed):
    for operation in ["", "columns/", "start/", "stop/", "delete/", "report/", "rows/"]:
        assert portal.post(address(mixed, operation)).status_code == 403
        assert client.post(address(mixed, operation)).status_code == 302
    assert again(mixed).state == Import.State.CHECKED
