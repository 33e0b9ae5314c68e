"""The main job, end to end: real pages, real letters, a real mail server."""

import re
from collections import Counter

import pytest
from django.test import Client

from accounts.models import Role, Session, User
from invitations.models import Invitation
from mail.delivery import deliver_due
from tests.conftest import sign_in
from tests.factories import PASSWORD, RoleFactory

# Transactions really commit here: letters leave after commit or not at all.
pytestmark = pytest.mark.django_db(transaction=True)

HANA = {"email": "hana.tanaka@quarry.example", "first_name": "Hana", "last_name": "Tanaka"}
SOFIA = {"email": "sofia.brandt@kelpworks.example", "first_name": "Sofia", "last_name": "Brandt"}


def link_in(letter) -> str:
    """The path of the one link of this service in a letter's text."""
    text = letter.get_body(("plain",)).get_content()
    links = re.findall(r"http://\S+?(/(?:invitations|password)/\S+)", text)
    assert len(set(links)) == 1, text
    return links[0]


def listed(console) -> str:
    return console.get("/console/developers/").content.decode()


def can_sign_in(email, password) -> bool:
    return Client().post("/sign-in/", {"email": email, "password": password}).status_code == 302


def test_add_then_sign_in(console, mail_server):
    added = console.post(
        "/console/developers/add/",
        HANA | {"password": PASSWORD, "must_change_password": "on"},
        follow=True,
    )

    assert "Hana Tanaka was added and can sign in now." in added.content.decode()
    assert HANA["email"] in listed(console)
    hana = User.objects.get(email=HANA["email"])
    assert hana.is_active
    assert [role.name for role in hana.roles.all()] == ["Developers"]

    # A password that somebody else chose is changed first.
    portal = sign_in(hana)
    assert portal.get("/")["Location"] == "/profile/password/"


def test_add_with_a_link_then_choose_a_password(console, mail_server):
    console.post("/console/developers/add/", HANA)
    deliver_due()
    assert mail_server.recipients == [HANA["email"]]

    path = link_in(mail_server.letters[0])
    browser = Client()
    page = browser.get(path, follow=True)
    chosen = browser.post(
        page.request["PATH_INFO"], {"password": "another fine passphrase"}, follow=True
    )

    assert chosen.status_code == 200
    assert can_sign_in(HANA["email"], "another fine passphrase")
    # The link is spent.
    again = Client().get(path, follow=True)
    assert "password" not in re.findall(r'name="(\w+)"', again.content.decode())


def test_invite_accept_block_activate(console, mail_server):
    pilots = RoleFactory(name="Pilots")
    console.post("/console/invitations/new/", SOFIA | {"roles": [str(pilots.public_id)]})
    assert SOFIA["email"] not in listed(console)
    assert not User.objects.filter(email=SOFIA["email"]).exists()
    deliver_due()
    path = link_in(mail_server.letters[0])

    # A mail scanner has been there first.
    for _visit in range(10):
        assert Client().get(path).status_code == 200
        assert Client().head(path).status_code == 200
    assert Invitation.objects.get().is_pending

    portal = Client()
    portal.get(path)
    accepted = portal.post(
        path, {"first_name": "Sofia", "last_name": "Brandt", "password": PASSWORD}, follow=True
    )
    assert accepted.status_code == 200
    assert portal.get("/").status_code == 200
    assert SOFIA["email"] in listed(console)
    sofia = User.objects.get(email=SOFIA["email"])
    assert {role.name for role in sofia.roles.all()} == {"Developers", "Pilots"}

    console.post(f"/console/developers/{sofia.public_id}/block/", {"reason": "Contract ended"})
    assert portal.get("/")["Location"].startswith("/sign-in/")
    assert not can_sign_in(SOFIA["email"], PASSWORD)
    assert not Session.objects.filter(user=sofia).exists()
    deliver_due()
    subjects = Counter(letter["To"] for letter in mail_server.letters)
    # The invitation, and the one that tells why the sign-in was refused. The block told nobody, and
    # the welcome that had not left yet was no longer wanted.
    assert subjects[SOFIA["email"]] == 2

    console.post(f"/console/developers/{sofia.public_id}/activate/")
    assert portal.get("/")["Location"].startswith("/sign-in/"), "an ended session stays ended"
    assert can_sign_in(SOFIA["email"], PASSWORD)
    assert {role.name for role in sofia.roles.all()} == {"Developers", "Pilots"}


def test_a_refused_letter_is_told_in_the_servers_words(console, mail_server):
    mail_server.refusals[SOFIA["email"]] = "550 5.1.1 No such mailbox here"

    console.post("/console/invitations/new/", SOFIA)
    deliver_due()

    page = console.get("/console/invitations/").content.decode()
    assert "No such mailbox here" in page
    invitation = Invitation.objects.get()
    shown = console.get(f"/console/invitations/{invitation.public_id}/").content.decode()
    assert "No such mailbox here" in shown


def test_roles_are_given_in_bulk(console, ben, mail_server):
    pilots = RoleFactory(name="Pilots")
    console.post("/console/developers/add/", HANA | {"password": PASSWORD})
    people = list(User.objects.exclude(assignments__role=Role.objects.administrators()))

    console.post(
        "/console/developers/bulk/",
        {
            "action": "add-role",
            "given_role": str(pilots.public_id),
            "confirmed": "1",
            "selected": [str(person.public_id) for person in people],
        },
    )

    assert set(User.objects.in_role(pilots)) == set(people)


def test_forgotten_password(ben, mail_server):
    Client().post("/password/reset/", {"email": ben.email})
    Client().post("/password/reset/", {"email": "nobody@example.org"})
    deliver_due()
    assert mail_server.recipients == [ben.email]

    browser = Client()
    page = browser.get(link_in(mail_server.letters[0]), follow=True)
    browser.post(page.request["PATH_INFO"], {"password": "another fine passphrase"})
    deliver_due()

    assert not can_sign_in(ben.email, PASSWORD)
    assert can_sign_in(ben.email, "another fine passphrase")
    assert "password" in mail_server.letters[-1]["Subject"].lower()
