"""The journal in words."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from audit.models import Event
from console.activity.events import describe, icon_of, lines_of, name_of, title_of
from console.activity.sentences import SENTENCES, TITLES

ADA, BEN = uuid4(), uuid4()
ROOMS = ["accounts", "audit", "catalog", "gateway", "imports", "invitations", "mail", "service"]


def event(action, *, actor=ADA, subject=BEN, kind="user", **data):
    return Event(
        action=action,
        actor_id=actor,
        actor_label="Ada Lovelace <ada@example.org>" if actor == ADA else "",
        subject_kind=kind,
        subject_id=subject,
        subject_label="Ada Lovelace <ada@example.org>"
        if subject == ADA
        else "Ben Okafor <ben@example.org>",
        data=data,
    )


def recorded_actions():
    source = "".join(
        path.read_text()
        for room in ROOMS
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py")
        if "migrations" not in path.parts
    )
    return set(re.findall(r'record(?:_once|_each)?\(\s*"([a-z_]+\.[a-z_]+)"', source))


def test_every_recorded_action_has_words():
    assert recorded_actions() <= set(TITLES)
    assert set(TITLES) == set(SENTENCES)


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (
            event("user.blocked", reason="left the project"),
            "Ada Lovelace blocked Ben Okafor: left the project",
        ),
        (event("user.blocked", reason=""), "Ada Lovelace blocked Ben Okafor"),
        (event("user.added", actor=None, roles=["Developers"]), "Ben Okafor was added: Developers"),
        (
            event("user.role_assigned", role="Finance"),
            "Ada Lovelace gave Ben Okafor the role Finance",
        ),
        (
            event("user.edited", changes={"email": ["a", "b"], "note": ["", ""]}),
            "Ada Lovelace edited Ben Okafor: email address, note",
        ),
        (event("user.edited", subject=ADA), "Ada Lovelace edited their own details"),
        (event("user.password_set", subject=ADA), "Ada Lovelace chose a new password"),
        (event("user.sign_in_failed", actor=None), "Sign-in as Ben Okafor failed"),
        (
            event("user.sign_in_throttled", actor=None),
            "Sign-in as Ben Okafor was refused after too many attempts",
        ),
        (event("console.refused", subject=ADA), "Ada Lovelace tried to open the console"),
        (
            event("role.deleted", kind="role", members=2),
            "Ada Lovelace deleted the role Ben Okafor: 2 people lost it",
        ),
        (event("comet.seen"), "comet.seen Ben Okafor"),
    ],
)
def test_describe_says_it_in_a_sentence(happened, sentence):
    assert describe(happened) == sentence


def test_describe_calls_the_person_of_the_page_this_person():
    assert describe(event("user.activated"), about=BEN) == "Ada Lovelace activated this person"
    assert describe(event("user.activated"), about=ADA) == "Ada Lovelace activated Ben Okafor"


def test_describe_takes_a_name_with_percent_signs_as_it_is():
    odd = event("user.blocked")
    odd.subject_label = "100%(s) Sure <sure@example.org>"

    assert describe(odd) == "Ada Lovelace blocked 100%(s) Sure"


def test_lines_carry_event_sentence_and_icon():
    blocked = event("user.blocked")

    line = lines_of([blocked], about=BEN)[0]

    assert (line.event, line.text, line.icon) == (
        blocked,
        "Ada Lovelace blocked this person",
        "no-symbol",
    )


def test_titles_and_icons_fall_back():
    assert title_of("user.blocked") == "Developer blocked"
    assert title_of("comet.seen") == "comet.seen"
    assert icon_of(event("role.created", kind="role")) == "shield-check"
    assert icon_of(event("comet.seen")) == "clock"


def test_name_of_leaves_a_label_without_an_address_alone():
    assert name_of("Finance") == "Finance"
