"""Asking for a link, and changing one's own password."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actions import block_user
from accounts.models import Session
from audit.models import Event
from mail.models import Message
from tests.factories import PASSWORD
from tests.portal.pages import NEW_PASSWORD, attempt, same_headers, same_text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """The pause that hides how long the work took has a test of its own."""
    monkeypatch.setattr("portal.kit.response_time.MIN_SECONDS", 0)


def ask(email: str, client: Client | None = None):
    return (client or Client()).post("/password/reset/", {"email": email}, follow=True)


def test_link_is_sent_to_an_active_person(ben):
    ask("BEN@example.org")

    message = Message.objects.get()
    assert (message.kind, message.to, message.reference) == (
        "password_link",
        ben.email,
        ben.public_id,
    )


def test_answers_are_the_same_for_known_unknown_and_blocked(ben, ada):
    blocked = block_user(user=ben, by=ada)

    answers = [ask(email) for email in ("nobody@example.org", ada.email, blocked.email)]

    assert len({same_text(answer) for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {200}
    assert all(same_headers(answer) == same_headers(answers[0]) for answer in answers)
    assert all(set(answer.cookies) == set(answers[0].cookies) for answer in answers)
    assert all(answer.redirect_chain == answers[0].redirect_chain for answer in answers)
    assert [(message.to, message.kind) for message in Message.objects.order_by("pk")] == [
        (ada.email, "password_link"),
        (ben.email, "password_link_refused"),
    ]


def test_a_blocked_person_who_asks_is_told_why_none_comes_once_a_day(ben, ada, deliver):
    block_user(user=ben, by=ada, reason="Unpaid bills")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            assert ask("Ben@Example.org").status_code == 200
        [letter] = deliver()
        clock.shift(timedelta(hours=24, seconds=1))
        ask(ben.email)
        assert len(deliver()) == 1

    assert letter.to == ["ben@example.org"]
    assert "No link was sent because the account is blocked" in letter.body
    assert "only an administrator can activate the account again" in letter.body
    assert "turn to the people who run Harbour APIs" in letter.body
    assert "at most once a day" in letter.body
    assert "Unpaid" not in letter.body
    assert "/password/reset/" not in letter.body
    assert Event.objects.filter(action="user.password_link_refused").count() == 2


def test_a_refused_sign_in_does_not_swallow_the_answer_to_the_link(ben, ada):
    block_user(user=ben, by=ada)

    attempt(ben.email, PASSWORD)
    ask(ben.email)

    kinds = set(Message.objects.values_list("kind", flat=True))
    assert kinds == {"sign_in_refused", "password_link_refused"}


def test_asking_takes_as_long_for_everybody(ben, monkeypatch):
    slept = []
    monkeypatch.setattr("portal.kit.response_time.MIN_SECONDS", 9)
    monkeypatch.setattr("portal.kit.response_time.sleep", slept.append)

    for email in ("nobody@example.org", ben.email):
        Client().post("/password/reset/", {"email": email})

    assert all(8 < seconds <= 9 for seconds in slept)
    assert len(slept) == 2


def test_malformed_address_is_named(db):
    answer = ask("ben at example")

    assert answer.status_code == 422
    assert "Enter a valid email address" in answer.content.decode()


def test_asking_too_often_is_refused_alike(ben):
    for email in ("nobody@example.org", ben.email):
        answers = [ask(email).status_code for _ in range(6)]
        assert answers == [200] * 5 + [429]


def test_dead_link_offers_a_new_one(ben):
    page = Client().get(f"/password/reset/key/{ben.public_id.hex}-{'x' * 43}/")

    assert page.status_code == 404
    assert "This link no longer works." in page.content.decode()
    assert 'href="/password/reset/"' in page.content.decode()


def test_change_keeps_this_session_and_ends_the_others(portal, ben):
    other = Client()
    attempt(ben.email, PASSWORD, client=other)

    answer = portal.post(
        "/profile/password/", {"current_password": PASSWORD, "password": NEW_PASSWORD}
    )

    assert answer["Location"] == "/profile/"
    page = portal.get("/profile/")
    assert page.status_code == 200
    assert "Your password was changed." in page.content.decode()
    assert other.get("/profile/").status_code == 302
    assert Session.objects.filter(user=ben).count() == 1
    assert Message.objects.filter(kind="password_changed", to=ben.email).count() == 1
    assert Event.objects.filter(action="user.password_set").count() == 1


def test_browser_that_changed_the_password_stays_a_known_device(portal, ben):
    portal.post("/profile/password/", {"current_password": PASSWORD, "password": NEW_PASSWORD})
    portal.post("/sign-out/")
    for i in range(20):
        attempt(ben.email, address=f"10.0.1.{i % 5}")

    assert attempt(ben.email, NEW_PASSWORD, client=portal).status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "sentence"),
    [
        ("not the password", NEW_PASSWORD, "The current password is not right."),
        (PASSWORD, "otters swim", "Use at least 12 characters. This one has 11."),
        (PASSWORD, "qwertyuiop123", "This password is among the first that attackers try."),
        (PASSWORD, "BenOkafor12", "Use at least 12 characters."),
        (PASSWORD, "ben@example.org", "This password is too close to the name"),
    ],
)
def test_change_refuses_with_a_sentence(portal, ben, current, new, sentence):
    answer = portal.post("/profile/password/", {"current_password": current, "password": new})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    ben.refresh_from_db()
    assert ben.check_password(PASSWORD)


def test_rules_are_stated_before_anybody_types(portal):
    page = portal.get("/profile/password/").content.decode()

    assert "At least 12 characters. A few unrelated words work well." in page
    assert 'autocomplete="new-password"' in page
    assert 'autocomplete="current-password"' in page
    assert "maxlength" not in page


def test_guessing_the_current_password_is_counted(portal):
    data = {"current_password": "not the password", "password": NEW_PASSWORD}
    answers = [portal.post("/profile/password/", data).status_code for _ in range(6)]

    assert answers == [422] * 5 + [429]
