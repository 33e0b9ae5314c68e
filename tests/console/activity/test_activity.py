"""The journal's page and its exports."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from accounts import actions as people
from audit.journal import record
from audit.models import Event
from console.activity.events import TITLES
from tests.console.invitations.test_invitations import text_of
from tests.factories import InvitationFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db

ACTIVITY = "/console/activity/"
EXPORT = "/console/activity/export/"
RESULTS = {"HX-Request": "true", "HX-Target": "results"}


@pytest.fixture
def chen(ada):
    """Blocked by Ada, with a reason."""
    chen = UserFactory(email="chen@example.org", first_name="Chen", last_name="Wei")
    people.block_user(user=chen, by=ada, reason="left the project")
    return chen


def body(response):
    return b"".join(response.streaming_content).decode()


def actions_in(response):
    return [entry.line.event.action for entry in response.context["entries"]]


def test_lines_say_who_did_what_to_whom_newest_first(console, ada, chen):
    people.activate_user(user=chen, by=ada)

    response = console.get(ACTIVITY)

    text = text_of(response)
    assert "Ada Lovelace blocked Chen Wei: left the project" in text
    assert actions_in(response)[:2] == ["user.activated", "user.blocked"]
    assert f'href="/console/developers/{chen.public_id}/"' in response.content.decode()


def test_details_tell_each_change_as_before_and_after(console, ada, ben):
    people.edit_user(user=ben, first_name="Benjamin", by=ada)

    assert "first name Ben → Benjamin" in text_of(console.get(ACTIVITY))


def test_what_no_longer_exists_keeps_its_name_without_a_link(console, ada, ben):
    people.delete_user(user=ben, by=ada)

    response = console.get(ACTIVITY, {"subject": str(ben.public_id)})

    assert "Ben Okafor" in text_of(response)
    assert f"/console/developers/{ben.public_id}/" not in response.content.decode()


def test_roles_and_invitations_are_linked_too(console, ada):
    role = people.create_role(name="Partners", by=ada)
    invitation = InvitationFactory(sender=ada)
    record("invitation.revoked", by=ada, subject=invitation)

    page = console.get(ACTIVITY).content.decode()

    assert f'href="/console/roles/{role.public_id}/"' in page
    assert f'href="/console/invitations/{invitation.public_id}/"' in page


def test_filter_by_actor_and_subject_as_name_address_or_id(console, ada, ben, chen):
    people.send_password_link(user=ben, by=None)

    for value in ("Lovelace", "ada@EXAMPLE.org", str(ada.public_id)):
        found = console.get(ACTIVITY, {"actor": value, "kind": "user.blocked"})
        assert actions_in(found) == ["user.blocked"]
    for value in ("chen wei", str(chen.public_id)):
        assert actions_in(console.get(ACTIVITY, {"subject": value})) == ["user.blocked"]


def test_filter_by_kind_and_by_noun(console, ada, chen):
    people.create_role(name="Partners", by=ada)

    one = console.get(ACTIVITY, {"kind": "user.blocked"})
    noun = console.get(ACTIVITY, {"kind": "role"})

    assert set(actions_in(one)) == {"user.blocked"}
    assert set(actions_in(noun)) == {"role.created"}


def test_filter_by_day_in_the_readers_time_zone(console, ada):
    ada.time_zone = "Asia/Tokyo"
    ada.save()
    with time_machine.travel(datetime(2026, 3, 4, 20, 0, tzinfo=UTC), tick=False):
        people.create_role(name="Late in the evening", by=ada)  # 5 March in Tokyo

    fifth = console.get(ACTIVITY, {"since": "2026-03-05", "until": "2026-03-05"})
    fourth = console.get(ACTIVITY, {"since": "2026-03-04", "until": "2026-03-04"})

    assert actions_in(fifth) == ["role.created"]
    assert actions_in(fourth) == []


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"kind": "moon.landed"}, "Kind: Choose a kind of event from the list."),
        ({"kind": "%"}, "Kind: Choose a kind of event from the list."),
        ({"since": "yesterday", "cursor": "made-up"}, "From: Enter a date as YYYY-MM-DD."),
        ({"since": "0001-01-01", "until": "9999-12-31"}, "From: "),
        ({"since": "2026-03-05", "until": "2026-03-04"}, "To: Choose a day that is not before"),
        ({"actor": "\0"}, "Who: "),
        ({"subject": "x" * 201}, "About: "),
    ],
)
def test_a_filter_that_makes_no_sense_finds_nothing_and_says_why(
    console, ada, chen, filters, sentence
):
    ada.time_zone = "Asia/Tokyo"
    ada.save()

    for headers in [{}, {"HX-Request": "true", "HX-Target": "results"}]:
        response = console.get(ACTIVITY, filters, headers=headers)

        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert actions_in(response) == []
    # Nor is a file of everything given instead.
    leads = console.get(EXPORT, filters | {"format": "csv"})
    assert leads.status_code == 302
    assert leads["Location"].startswith(f"{ACTIVITY}?")


def test_filters_apply_together(console, ada, ben, chen):
    people.create_role(name="Partners", by=ada)
    day = f"{timezone.localtime():%Y-%m-%d}"
    asked = {"actor": "lovelace", "subject": "chen", "kind": "user", "since": day, "until": day}

    assert actions_in(console.get(ACTIVITY, asked)) == ["user.blocked"]
    for other in [{"actor": "nobody"}, {"subject": "partners"}, {"kind": "role"}]:
        assert actions_in(console.get(ACTIVITY, asked | other)) == []


def test_every_kind_that_is_recorded_can_be_chosen(console):
    page = console.get(ACTIVITY).content.decode()

    for action in TITLES:
        assert f'value="{action}"' in page
        assert console.get(ACTIVITY, {"kind": action}).status_code == 200


def test_the_reason_of_a_block_has_a_column_in_the_export(console, ada, ben):
    people.block_user(user=ben, by=ada, reason="Left the company")

    file = body(console.get(EXPORT, {"kind": "user.blocked"}))

    rows = list(csv.DictReader(io.StringIO(file)))
    assert rows[0]["reason"] == "Left the company"


def test_nothing_found_shows_the_way_out(console):
    text = text_of(console.get(ACTIVITY, {"actor": "nobody of this name"}))

    assert "Nothing matches these filters" in text
    assert "Clear filters" in text


def test_pages_follow_each_other_without_gap(console, ada):
    for number in range(55):
        record("role.created", by=ada, subject=RoleFactory(name=f"Role number {number}"))

    first = console.get(ACTIVITY, {"kind": "role"})
    cursor = first.context["listing"].page.next_cursor
    second = console.get(ACTIVITY, {"kind": "role", "cursor": cursor}, headers=RESULTS)

    assert len(actions_in(first)) == 50
    assert len(actions_in(second)) == 5
    assert b"<html" not in second.content


def test_the_page_costs_the_same_for_one_and_three(
    console, ada, django_assert_num_queries, django_assert_max_num_queries
):
    def add():
        record("role.created", by=ada, subject=RoleFactory())
        record("user.blocked", by=ada, subject=UserFactory())
        record("invitation.sent", by=ada, subject=InvitationFactory(sender=ada))

    add()
    console.get(ACTIVITY)
    with django_assert_max_num_queries(14) as one:
        console.get(ACTIVITY)
    add()
    add()

    with django_assert_num_queries(len(one)):
        console.get(ACTIVITY)


def test_reading_writes_nothing(console, chen):
    events = Event.objects.count()

    console.get(ACTIVITY)
    console.head(ACTIVITY)

    assert Event.objects.count() == events


def test_csv_export_holds_what_the_filter_finds(console, ada, chen):
    response = console.get(EXPORT, {"subject": "chen", "format": "csv"})

    rows = list(csv.DictReader(io.StringIO(body(response))))
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    assert [row["action"] for row in rows] == ["user.blocked"]
    assert rows[0]["actor"] == "Ada Lovelace <ada@example.org>"
    assert json.loads(rows[0]["data"])["reason"] == "left the project"
    assert rows[0]["at"].endswith("Z")


def test_csv_export_disarms_formulas(console, ada):
    mallory = UserFactory(first_name='=HYPERLINK("x")', last_name="M")
    record("user.added", by=mallory, subject=mallory)

    rows = csv.DictReader(io.StringIO(body(console.get(EXPORT, {"kind": "user.added"}))))

    assert all(not row["actor"].startswith("=") for row in rows)


def test_json_export_is_one_list_newest_first(console, ada, chen):
    people.activate_user(user=chen, by=ada)

    response = console.get(EXPORT, {"subject": str(chen.public_id), "format": "json"})

    events = json.loads(body(response))
    assert response["Content-Type"] == "application/json"
    assert [event["action"] for event in events] == ["user.activated", "user.blocked"]
    assert events[1]["data"]["reason"] == "left the project"


def test_json_export_of_nothing_is_an_empty_list(console):
    response = console.get(EXPORT, {"subject": "nobody", "format": "json"})

    assert json.loads(body(response)) == []


def test_export_goes_beyond_one_batch(console, ada, monkeypatch):
    monkeypatch.setattr("console.activity.views.EXPORT_BATCH", 2)
    for number in range(5):
        record("role.created", by=ada, subject=RoleFactory(name=f"R{number}"))

    events = json.loads(body(console.get(EXPORT, {"kind": "role", "format": "json"})))

    assert [event["subject"] for event in events] == ["R4", "R3", "R2", "R1", "R0"]


def test_an_export_is_itself_in_the_journal(console, ada):
    body(console.get(EXPORT, {"kind": "user", "format": "json"}))

    event = Event.objects.get(action="activity.exported")
    assert event.actor_id == ada.public_id
    assert event.data == {"filters": {"kind": "user"}, "format": "json"}
    assert "Ada Lovelace exported the activity" in text_of(console.get(ACTIVITY))


def test_the_journal_is_for_administrators(portal, client):
    for path in (ACTIVITY, EXPORT):
        assert portal.get(path).status_code == 403
        assert client.get(path).status_code == 302
    assert not Event.objects.filter(action="activity.exported").exists()
