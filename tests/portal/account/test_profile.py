"""One's own details and sessions."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from audit.models import Event
from service.actions import edit_service
from tests.factories import PASSWORD
from tests.portal.pages import attempt

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
NAMES = {"first_name": "Benjamin", "last_name": "Okafor", "time_zone": "Africa/Lagos"}


def test_profile_changes_name_and_time_zone(portal, ben):
    answer = portal.post("/profile/", NAMES)

    assert answer["Location"] == "/profile/"
    ben.refresh_from_db()
    assert (ben.first_name, ben.time_zone) == ("Benjamin", "Africa/Lagos")
    event = Event.objects.get(action="user.edited")
    assert event.actor_id == event.subject_id == ben.public_id
    assert "Your profile was saved." in portal.get("/profile/").content.decode()


def test_profile_changes_nothing_else(portal, ben, administrators_role):
    portal.post(
        "/profile/",
        NAMES
        | {
            "email": "root@example.org",
            "roles": [str(administrators_role.public_id)],
            "state": "blocked",
            "note": "mine",
            "must_change_password": "on",
            "is_active": "",
        },
    )

    ben.refresh_from_db()
    assert (ben.email, ben.note, ben.state) == ("ben@example.org", "", "active")
    assert [role.name for role in ben.roles.all()] == ["Developers"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"first_name": ""}, "Enter a first name."),
        ({"first_name": "x" * 101}, "at most 100 characters"),
        ({"last_name": "Verify at evil.example/now"}, "A name cannot contain a link"),
        ({"last_name": "www.evil.example"}, "A name cannot contain a link."),
        ({"last_name": "Oka\u202efor"}, "Remove the invisible characters"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice."),
    ],
)
def test_profile_refuses_with_a_sentence(portal, ben, change, sentence):
    answer = portal.post("/profile/", NAMES | change)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    ben.refresh_from_db()
    assert ben.first_name == "Ben"


def test_profile_says_whom_to_ask_about_the_address(portal, ada):
    assert "ask an administrator" in portal.get("/profile/").content.decode()

    edit_service(name="Harbour APIs", support_address="help@example.org", invitation_days=7, by=ada)

    page = portal.get("/profile/").content.decode()
    assert "ben@example.org" in page
    assert 'href="mailto:help@example.org"' in page


def test_times_are_shown_in_ones_own_zone(portal):
    portal.post("/profile/", NAMES)

    assert "WAT" in portal.get("/").content.decode()


@pytest.fixture
def laptop(ben):
    client = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")
    client.post("/sign-in/", {"email": ben.email, "password": PASSWORD})
    client.get("/")
    return client


def test_profile_lists_ones_sessions(portal, laptop):
    page = laptop.get("/profile/").content.decode()

    assert page.count("<tr>") == 3
    assert "Firefox on Linux" in page
    assert "192.0.2.7" in page
    assert page.count("This device") == 1


def test_profile_costs_the_same_with_many_sessions(portal, ben, django_assert_num_queries):
    portal.get("/profile/")
    with CaptureQueriesContext(connection) as captured:
        portal.get("/profile/")
        queries = len(captured)
    for _ in range(3):
        attempt(ben.email, PASSWORD)

    with django_assert_num_queries(queries):
        portal.get("/profile/")


def test_one_session_can_be_ended(portal, laptop, ben):
    row = Session.objects.get(user=ben, address="192.0.2.7")

    answer = portal.post(f"/profile/sessions/{row.public_id}/end/")

    assert answer["Location"] == "/profile/"
    assert laptop.get("/profile/").status_code == 302
    assert portal.get("/profile/").status_code == 200
    assert Event.objects.get(action="user.sessions_ended").actor_id == ben.public_id


def test_all_other_sessions_can_be_ended(portal, laptop, ben):
    attempt(ben.email, PASSWORD)

    portal.post("/profile/sessions/end/")

    assert "2 sessions were ended." in portal.get("/profile/").content.decode()
    assert laptop.get("/profile/").status_code == 302
    assert Session.objects.filter(user=ben).count() == 1
    assert Event.objects.get(action="user.sessions_ended").data == {"count": 2}


def test_session_of_somebody_else_is_not_there(portal, ada):
    other = Client()
    attempt(ada.email, PASSWORD, client=other)
    row = Session.objects.get(user=ada)

    assert portal.post(f"/profile/sessions/{row.public_id}/end/").status_code == 404
    assert Session.objects.filter(user=ada).exists()


def test_this_session_is_ended_by_signing_out(portal, ben):
    row = Session.objects.get(user=ben)

    answer = portal.post(f"/profile/sessions/{row.public_id}/end/")

    assert answer["Location"] == "/sign-out/"
    assert Session.objects.filter(user=ben).exists()


def test_get_ends_nothing(portal, laptop, ben):
    row = Session.objects.get(user=ben, address="192.0.2.7")

    assert portal.get("/profile/sessions/end/").status_code == 405
    assert portal.get(f"/profile/sessions/{row.public_id}/end/").status_code == 405
    assert laptop.get("/profile/").status_code == 200
