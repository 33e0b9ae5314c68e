"""What people live through in the portal, from the letter to the page, through the front door."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actions import activate_user, add_user, block_user
from accounts.models import User
from audit.models import Event
from invitations.actions import invite_user
from tests.factories import PASSWORD, RoleFactory
from tests.portal.pages import NEW_PASSWORD, attempt, text_of

pytestmark = pytest.mark.django_db


def link_in(letter, part: str) -> str:
    """The path of the first link of this kind in a letter's plain text."""
    found = re.search(rf"https?://\S+{part}\S+", letter.body)
    assert found, letter.body
    return urlsplit(found.group()).path


def invite_sofia(by: User):
    return invite_user(
        email="sofia@example.org",
        first_name="Sofia",
        last_name="Brandt",
        roles=[RoleFactory(name="Partners")],
        validity=timedelta(days=7),
        by=by,
    )


def test_invited_person_becomes_a_developer(ada, deliver):
    invite_sofia(ada)
    letter = deliver()[0]
    assert letter.to == ["sofia@example.org"]
    link = link_in(letter, "/invitations/")
    # A mail scanner was here first.
    for _ in range(3):
        Client().get(link)
        Client().head(link)

    browser = Client()
    assert "Ada Lovelace invited you" in text_of(browser.get(link))
    form = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}
    home = browser.post(link, form, follow=True)

    assert "Welcome, Sofia. Your account is active." in text_of(home)
    zone = {"first_name": "Sofia", "last_name": "Brandt", "time_zone": "Europe/Berlin"}
    browser.post("/profile/", zone)
    assert "This device" in text_of(browser.get("/profile/"))
    browser.post("/sign-out/")
    assert attempt("sofia@example.org", NEW_PASSWORD, client=browser).status_code == 302
    assert text_of(Client().get(link)).count("This invitation was already used.") >= 1
    user = User.objects.by_address("sofia@example.org")
    story = Event.objects.filter(actor_id=user.public_id).order_by("id")
    assert list(story.values_list("action", flat=True)) == [
        "invitation.accepted",
        "user.signed_in",
        "user.edited",
        "user.signed_out",
        "user.signed_in",
    ]


def test_late_person_heals_the_link_alone(ada, deliver):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        invite_sofia(ada)
        late = link_in(deliver()[0], "/invitations/")
        clock.shift(timedelta(days=8))

        assert "This invitation has expired." in text_of(Client().get(late))
        Client().post(f"{late}renew/")
        fresh = link_in(deliver()[0], "/invitations/")

        assert fresh != late
        assert "replaced by a newer one" in text_of(Client().get(late))
        form = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}
        assert Client().post(fresh, form)["Location"] == "/"


def test_forgotten_password_is_replaced_by_letter(portal, ben, deliver, monkeypatch):
    monkeypatch.setattr("portal.kit.response_time.MIN_SECONDS", 0)
    browser = Client()
    sent = browser.post("/password/reset/", {"email": "Ben@Example.org"}, follow=True)
    assert "Look in your inbox" in text_of(sent)
    link = link_in(deliver()[0], "/password/reset/key/")

    page = browser.get(link, follow=True)
    done = browser.post(page.redirect_chain[-1][0], {"password": NEW_PASSWORD}, follow=True)

    assert "Your password was changed." in text_of(done)
    assert [letter.to for letter in deliver()] == [["ben@example.org"]]
    assert portal.get("/profile/").status_code == 302
    assert attempt(ben.email, PASSWORD, client=browser).status_code == 422
    assert attempt(ben.email, NEW_PASSWORD, client=browser).status_code == 302
    assert "This link no longer works." in text_of(Client().get(link))


def test_added_person_chooses_an_own_password_first(ada):
    add_user(
        email="chen@example.org", first_name="Chen", last_name="Wei", password=PASSWORD, by=ada
    )
    browser = Client()

    page = browser.post(
        "/sign-in/",
        {"email": "chen@example.org", "password": PASSWORD, "next": "/profile/"},
        follow=True,
    )
    assert "Somebody else chose your present password" in text_of(page)
    form = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    home = browser.post("/profile/password/", form, follow=True)

    assert home.redirect_chain[-1][0] == "/"
    assert "Welcome, Chen" in text_of(home)


def test_blocked_person_is_refused_told_and_let_in_again(portal, ben, ada, deliver):
    roles = set(ben.roles.all())
    block_user(user=ben, by=ada)

    assert portal.get("/").status_code == 302
    assert attempt(ben.email, PASSWORD).status_code == 422
    letters = deliver()
    assert [letter.to for letter in letters] == [["ben@example.org"]]

    activate_user(user=ben, by=ada)
    assert portal.get("/").status_code == 302
    assert attempt(ben.email, PASSWORD, client=portal).status_code == 302
    assert portal.get("/").status_code == 200
    assert set(ben.roles.all()) == roles
