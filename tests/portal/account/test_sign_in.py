"""The sign-in page: one refusal for every reason, and where it leads."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.actions import block_user
from accounts.models import Session, User
from audit.models import Event
from mail.models import Message
from tests.factories import PASSWORD, UserFactory
from tests.portal.pages import attempt, same_headers, same_text

pytestmark = pytest.mark.django_db

REFUSED = "The email address or password is not right, or the account cannot sign in."


def test_page_says_how_invited_people_begin(db):
    page = Client().get("/sign-in/").content.decode()

    assert "Got an invitation? Open the link in that email to set up your account." in page
    assert "Use the account your API provider gave you." in page
    assert 'name="email"' in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "Keep me signed in" in page
    assert "maxlength" not in page


def test_nobody_can_register(db):
    for address in ["/signup/", "/sign-up/", "/accounts/signup/", "/register/"]:
        assert Client().get(address).status_code == 404


@pytest.fixture
def kinds_of_refusal(ada):
    """The same post for an unknown address, a wrong password and two kinds of block."""
    UserFactory(email="known-1@example.org")
    for number in (2, 3):
        user = UserFactory(email=f"known-{number}@example.org")
        block_user(user=user, by=ada)
    return [
        ("known-0@example.org", "not the password"),
        ("known-1@example.org", "not the password"),
        ("known-2@example.org", "not the password"),
        ("known-3@example.org", PASSWORD),
    ]


def test_refusals_are_the_same_in_every_way(kinds_of_refusal):
    answers = [attempt(email, password, address="10.0.0.9") for email, password in kinds_of_refusal]

    first = answers[0]
    assert first.status_code == 422
    assert REFUSED in first.content.decode()
    texts = {
        same_text(answer, without=email)
        for answer, (email, _password) in zip(answers, kinds_of_refusal, strict=True)
    }
    assert len(texts) == 1
    assert all(answer.status_code == 422 for answer in answers)
    assert all(same_headers(answer) == same_headers(first) for answer in answers)
    assert all(set(answer.cookies) == set(first.cookies) for answer in answers)


def test_refusals_leave_the_same_number_of_events(kinds_of_refusal):
    for email, password in kinds_of_refusal[:3]:
        before = Event.objects.count()
        attempt(email, password)
        assert Event.objects.count() == before + 1


def test_event_of_an_unknown_address_does_not_keep_what_was_typed(db):
    attempt("my-password@example.org", "and-my-password")

    event = Event.objects.get(action="user.sign_in_failed")
    assert "my-password" not in f"{event.subject_label} {event.actor_label} {event.data}"
    assert event.subject_kind == "visitor"


def test_blocked_person_is_told_by_letter_once_a_day(ben, ada):
    block_user(user=ben, by=ada)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            attempt(ben.email, PASSWORD)
        assert Message.objects.filter(kind="sign_in_refused").count() == 1
        clock.shift(timedelta(hours=23))
        attempt(ben.email, PASSWORD)
        assert Message.objects.filter(kind="sign_in_refused").count() == 1
        clock.shift(timedelta(hours=1, minutes=1))
        attempt(ben.email, PASSWORD)
        assert Message.objects.filter(kind="sign_in_refused").count() == 2


def test_blocked_person_with_a_wrong_password_gets_no_letter(ben, ada):
    block_user(user=ben, by=ada)

    attempt(ben.email, "not the password")

    assert not Message.objects.exists()


def test_sign_in_leads_developers_to_the_portal(ben):
    client = Client()

    answer = client.post("/sign-in/", {"email": ben.email, "password": PASSWORD}, follow=True)

    assert answer.redirect_chain[-1][0] == "/"


def test_sign_in_leads_administrators_to_the_console(ada):
    answer = attempt(ada.email, PASSWORD)

    assert answer["Location"] == "/welcome/"
    client = Client()
    attempt(ada.email, PASSWORD, client=client)
    assert client.get("/welcome/")["Location"] == "/console/"


def test_sign_in_takes_the_address_in_any_spelling(ben):
    assert attempt("  BEN@Example.ORG ", PASSWORD).status_code == 302


def test_sign_in_compares_the_password_exactly(ben):
    assert attempt(ben.email, f" {PASSWORD}").status_code == 422
    assert attempt(ben.email, PASSWORD.upper()).status_code == 422


def test_sign_in_is_recorded_once(ben):
    attempt(ben.email, PASSWORD)

    event = Event.objects.get(action="user.signed_in")
    assert event.actor_id == ben.public_id
    assert event.address == "10.0.0.1"


def test_sign_in_honours_next(ben):
    data = {"email": ben.email, "password": PASSWORD, "next": "/profile/?a=1"}

    assert Client().post("/sign-in/", data)["Location"] == "/profile/?a=1"


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/%5cevil.example",
    "/%0a/evil.example",
    "javascript:alert(1)",
    "evil.example",
    "https:/evil.example",
    "///evil.example",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_next_never_leads_elsewhere(ben, elsewhere):
    data = {"email": ben.email, "password": PASSWORD, "next": elsewhere}
    client = Client()

    assert client.post("/sign-in/", data)["Location"] == "/welcome/"
    assert client.get("/sign-in/", {"next": elsewhere})["Location"] == "/welcome/"
    again = client.post("/sign-in/again/", {"password": PASSWORD, "next": elsewhere})
    assert again["Location"] == "/welcome/"
    assert client.post("/sign-out/", {"next": elsewhere})["Location"] == "/sign-in/"


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_theme_never_leads_elsewhere(db, elsewhere):
    answer = Client().post("/theme/", {"theme": "dark", "next": elsewhere})

    assert answer["Location"] == "/"


def test_missing_and_malformed_fields_are_named(db):
    page = Client().post("/sign-in/", {"email": "ben at example", "password": ""})

    assert page.status_code == 422
    assert "Enter a valid email address, such as name@example.org." in page.content.decode()
    assert "Enter a password." in page.content.decode()
    assert "ben at example" in page.content.decode()


def test_null_bytes_are_refused_quietly(db):
    assert attempt("ben\x00@example.org", "pass\x00word and more").status_code == 422


def test_get_of_sign_out_asks_and_post_acts(portal, ben):
    page = portal.get("/sign-out/")

    assert page.status_code == 200
    assert "You are signed in as Ben Okafor." in page.content.decode()
    assert portal.get("/profile/").status_code == 200
    assert portal.post("/sign-out/")["Location"] == "/sign-in/"
    assert portal.get("/profile/").status_code == 302
    assert not Session.objects.filter(user=ben).exists()


def test_sign_out_of_a_visitor_leads_to_sign_in(db):
    assert Client().get("/sign-out/")["Location"] == "/sign-in/"
    assert Client().post("/sign-out/")["Location"] == "/sign-in/"


def test_sign_in_again_needs_the_password(portal, ben):
    assert portal.post("/sign-in/again/", {"password": "wrong"}).status_code == 422

    answer = portal.post("/sign-in/again/", {"password": PASSWORD, "next": "/profile/"})

    assert answer["Location"] == "/profile/"


def test_forms_want_the_forgery_token(ben):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/sign-in/", {"email": ben.email, "password": PASSWORD}).status_code == 403


def test_cookies_are_armoured_under_tls(ben, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = Client()

    attempt(ben.email, PASSWORD, client=client)

    device = client.cookies["__Host-device"]
    assert device["secure"]
    assert device["httponly"]
    assert device["samesite"] == "Lax"
    assert device["path"] == "/"
    assert not device["domain"]


@pytest.fixture
def newcomer(ada):
    return UserFactory(email="newcomer@example.org", must_change_password=True)


def test_password_of_somebody_else_is_changed_before_anything_else(newcomer):
    client = Client()
    attempt(newcomer.email, PASSWORD, client=client)

    for address in ["/", "/profile/", "/welcome/", "/console/"]:
        assert client.get(address)["Location"] == "/profile/password/"
    page = client.get("/profile/password/")
    assert "Somebody else chose your present password and knows it." in page.content.decode()

    data = {"current_password": PASSWORD, "password": "seven quiet otters"}
    answer = client.post("/profile/password/", data)
    assert answer["Location"] == "/welcome/"
    assert client.get("/").status_code == 200
    assert not User.objects.get(pk=newcomer.pk).must_change_password


def test_password_of_somebody_else_cannot_be_kept(newcomer):
    client = Client()
    attempt(newcomer.email, PASSWORD, client=client)

    answer = client.post("/profile/password/", {"current_password": PASSWORD, "password": PASSWORD})

    assert answer.status_code == 422
    assert "Choose a password other than the current one." in answer.content.decode()


def test_person_who_must_change_the_password_can_leave(newcomer):
    client = Client()
    attempt(newcomer.email, PASSWORD, client=client)

    assert client.get("/sign-out/").status_code == 200
    assert client.get("/help/").status_code == 200
    assert client.get("/nowhere/").status_code == 404


def test_device_cookie_is_set_at_sign_in_only(ben):
    client = Client()
    attempt(ben.email, client=client)
    assert "device" not in client.cookies

    attempt(ben.email, PASSWORD, client=client)
    assert client.cookies["device"]["httponly"]
    assert settings.SESSION_COOKIE_NAME in client.cookies
