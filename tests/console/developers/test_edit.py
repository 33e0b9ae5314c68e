"""What can be changed about one developer."""

import pytest

from accounts import actions
from accounts.models import Role, Session, User
from mail.models import Message
from tests.conftest import sign_in
from tests.console.developers.page import GOOD_PASSWORD, text_of, url
from tests.factories import PASSWORD, RoleFactory

pytestmark = pytest.mark.django_db


# --- Details, note, roles ----------------------------------------------------------------------


def test_edit_changes_the_details(console, ben):
    response = console.post(
        url(ben, "edit/"),
        {
            "email": "Benedict@Example.org",
            "first_name": "Benedict",
            "last_name": "Okafor",
            "time_zone": "Europe/Oslo",
        },
        follow=True,
    )

    ben.refresh_from_db()
    assert (ben.email, ben.first_name, ben.time_zone) == (
        "benedict@example.org",
        "Benedict",
        "Europe/Oslo",
    )
    assert text_of(response) == "The details of Benedict Okafor were saved."


def test_edit_refuses_an_address_in_use(console, ada, ben):
    response = console.post(
        url(ben, "edit/"),
        {"email": ada.email, "first_name": "Ben", "last_name": "Okafor", "time_zone": "UTC"},
    )

    assert response.status_code == 422
    assert f'href="{url(ada)}"' in response.content.decode()
    ben.refresh_from_db()
    assert ben.email == "ben@example.org"


def test_edit_takes_no_field_that_is_not_on_the_form(console, ben):
    console.post(
        url(ben, "edit/"),
        {
            "email": ben.email,
            "first_name": "Ben",
            "last_name": "Okafor",
            "time_zone": "UTC",
            "state": "blocked",
            "is_administrator": "1",
            "note": "smuggled",
            "password": GOOD_PASSWORD,
            "roles": [Role.objects.administrators().public_id],
        },
    )

    ben = User.objects.get(pk=ben.pk)
    assert ben.is_active
    assert not ben.is_administrator
    assert ben.note == ""
    assert ben.check_password(PASSWORD)


def test_edit_goes_back_to_where_it_was_opened_and_nowhere_else(console, ben):
    details = {
        "email": ben.email,
        "first_name": "Ben",
        "last_name": "Okafor",
        "time_zone": "UTC",
    }
    here = "/console/developers/?q=ok"

    home = console.post(url(ben, f"edit/?next={here.replace('?', '%3F')}"), details)
    away = console.post(url(ben, "edit/?next=//evil.example/"), details)

    assert home["Location"] == here
    assert away["Location"] == url(ben)


def test_note_is_saved(console, ben):
    console.post(url(ben, "note/"), {"note": "Works nights."})

    ben.refresh_from_db()
    assert ben.note == "Works nights."


def test_note_too_long_is_refused(console, ben):
    assert console.post(url(ben, "note/"), {"note": "x" * 5001}).status_code == 422


def test_roles_become_what_is_ticked(console, ben, developers_role):
    finance, partners = RoleFactory(name="Finance"), RoleFactory(name="Partners")
    ben.assignments.create(role=partners)

    console.post(url(ben, "roles/"), {"roles": [developers_role.public_id, finance.public_id]})

    assert set(ben.roles.all()) == {developers_role, finance}


def test_roles_refuse_to_demote_oneself(console, ada, administrators_role, developers_role):
    response = console.post(url(ada, "roles/"), {"roles": [developers_role.public_id]})

    assert response.status_code == 422
    assert "You cannot take the Administrators role from yourself." in response.content.decode()
    assert administrators_role in ada.roles.all()


def test_roles_cannot_be_guests(console, ben):
    guests = Role.objects.get(built_in="guests")

    response = console.post(url(ben, "roles/"), {"roles": [guests.public_id]})

    assert response.status_code == 422
    assert not guests.members.exists()


# --- Passwords and sessions --------------------------------------------------------------------


def test_set_password_replaces_it_and_ends_the_sessions(console, ben):
    sign_in(ben)

    console.post(url(ben, "password/"), {"password": GOOD_PASSWORD, "must_change_password": "on"})

    ben.refresh_from_db()
    assert ben.check_password(GOOD_PASSWORD)
    assert ben.must_change_password
    assert not Session.objects.filter(user=ben).exists()
    assert Message.objects.get().kind == "password_changed"


def test_set_password_refuses_a_bad_one_and_does_not_show_it(console, ben):
    response = console.post(url(ben, "password/"), {"password": "okafor1"})

    assert response.status_code == 422
    assert "okafor1" not in response.content.decode()
    ben.refresh_from_db()
    assert ben.check_password(PASSWORD)


def test_set_password_of_oneself_leads_to_the_page_that_asks_for_the_one_in_use(console, ada):
    response = console.post(url(ada, "password/"), {"password": GOOD_PASSWORD})

    assert response["Location"] == "/profile/password/"
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_password_link_is_sent(console, ben):
    response = console.post(url(ben, "password-link/"), follow=True)

    assert Message.objects.get().kind == "password_link"
    assert "on its way to ben@example.org" in text_of(response)


def test_password_link_is_refused_for_a_blocked_person(console, ben):
    actions.block_user(user=ben, by=None)

    response = console.post(url(ben, "password-link/"), follow=True)

    assert text_of(response) == "This person is blocked. Activate them first."
    assert not Message.objects.exists()


def test_sessions_end_signs_them_out_everywhere(console, ben):
    browser = sign_in(ben)

    response = console.post(url(ben, "sessions/end/"), follow=True)

    assert text_of(response) == "1 session ended."
    assert browser.get("/").status_code == 302


def test_sessions_end_of_oneself_keeps_this_one(console, ada):
    elsewhere = sign_in(ada)

    console.post(url(ada, "sessions/end/"))

    assert console.get("/console/developers/").status_code == 200
    assert elsewhere.get("/console/developers/").status_code == 302
