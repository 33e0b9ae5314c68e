"""SECURITY: what went wrong with invitations elsewhere, tried here, row by row."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import password_links
from accounts.models import User
from base.tokens import derive_token, token_digest, token_matches
from invitations import actions
from invitations.access import find_link
from invitations.models import Invitation
from mail.models import Message
from mail.rendering import render
from tests.conftest import sign_in
from tests.factories import PASSWORD, InvitationFactory, UserFactory
from tests.invitations.test_actions import accept, invite
from tests.portal.pages import NEW_PASSWORD, invitation_link

pytestmark = pytest.mark.django_db

ANSWER = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}
NEW = "/console/invitations/new/"
SOFIA = {"email": "sofia@kelpworks.example", "first_name": "Sofia", "last_name": "Brandt"}


# --- Tokens (8.1) ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["", " ", "null", "None", "x" * 42, "x" * 44, "*" * 43, "\0" * 43]
)
def test_what_is_no_token_is_refused_without_a_query(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert find_link(token) is None


def test_a_token_has_256_bits_and_belongs_to_one_row_one_nonce_and_one_purpose(ada):
    first, second = invite(ada), invite(ada, email="omar@example.org")
    token = actions.token_of(first)
    made = {"purpose": "invitation", "row_id": first.public_id, "nonce": first.nonce}

    assert len(token) == 43
    assert token_matches(token, **made)
    for change in [
        {"purpose": "password"},
        {"row_id": second.public_id},
        {"row_id": uuid4()},
        {"nonce": second.nonce},
    ]:
        assert not token_matches(token, **(made | change))
        assert derive_token(**(made | change)) != token


def test_an_invitation_is_no_password_link_and_the_other_way_round(ada):
    invitation = invite(ada)
    user = accept(InvitationFactory(sender=ada))
    for key in [actions.token_of(invitation), token_digest(actions.token_of(invitation))]:
        address = reverse(
            "account_reset_password_from_key", kwargs={"uidb36": user.public_id.hex, "key": key}
        )
        page = Client().post(address, {"password": NEW_PASSWORD}, follow=True)
        assert not User.objects.get(pk=user.pk).check_password(NEW_PASSWORD)
        assert page.status_code in {200, 404, 410, 422}

    assert find_link(password_links.TokenGenerator().make_token(user)) is None


def test_neither_digest_nor_nonce_of_a_stolen_row_opens_anything(ada):
    invitation = invite(ada)
    actions.resend_invitation(invitation=invitation, by=ada)
    invitation.refresh_from_db()
    row = Invitation.objects.values().get()
    stolen = [row["digest"], row["nonce"], str(row["public_id"]), row["digest"][:43]]

    for word in [*stolen, *invitation.replaced_tokens.values_list("digest", flat=True)]:
        assert Client().get(f"/invitations/{word}/").status_code == 404


# --- No account before acceptance -----------------------------------------------------------------


def test_an_invited_address_cannot_be_claimed_without_the_link(ada):
    invitation = invite(ada)
    email = invitation.email

    assert Client().post("/sign-in/", {"email": email, "password": PASSWORD}).status_code != 302
    Client().post("/password/reset/", {"email": email})
    for path in ["/signup/", "/sign-up/", "/accounts/signup/", "/register/"]:
        assert Client().post(path, {"email": email, "password1": NEW_PASSWORD}).status_code == 404

    assert User.objects.by_address(email) is None
    assert [letter.kind for letter in Message.objects.all()] == ["invitation"]


def test_an_invited_person_is_in_no_list_until_they_accept(ada):
    invitation = invite(ada)
    console = sign_in(ada)

    assert invitation.email not in console.get("/console/developers/").content.decode()
    accept(invitation)
    assert invitation.email in console.get("/console/developers/").content.decode()


# --- The page shows X, the action accepts X ------------------------------------------------------


def test_the_form_accepts_the_invitation_of_its_own_address(ada):
    mine, other = invite(ada), invite(ada, email="omar@example.org")
    foreign = {
        "token": actions.token_of(other),
        "invitation": str(other.public_id),
        "public_id": str(other.public_id),
        "digest": other.digest,
        "email": other.email,
        "next": "//evil.example/",
    }

    answer = Client().post(invitation_link(mine), ANSWER | foreign)

    assert answer["Location"] == "/"
    assert User.objects.by_address(mine.email)
    assert User.objects.by_address(other.email) is None
    other.refresh_from_db()
    assert other.is_pending


def test_a_second_invitation_in_the_same_browser_changes_nothing_about_the_first(ada):
    first, second = invite(ada), invite(ada, email="omar@example.org")
    browser = Client()
    browser.get(invitation_link(first))
    browser.get(invitation_link(second))

    browser.post(invitation_link(first), ANSWER)

    assert User.objects.by_address(first.email)
    assert User.objects.by_address(second.email) is None


# --- One address, one letter ----------------------------------------------------------------------


def test_two_addresses_in_one_field_make_one_invitation_to_one_address(ada):
    console = sign_in(ada)

    for posted in ["a@example.org,b@example.org", "a@example.org b@example.org", "a@b.c;d@e.f"]:
        assert console.post(NEW, SOFIA | {"email": posted}).status_code == 422
    console.post(NEW, SOFIA | {"email": ["a@example.org", "b@example.org"]})

    assert [letter.to for letter in Message.objects.all()] == [Invitation.objects.get().email]


@pytest.mark.parametrize(
    "address",
    [
        "\u017fofia@kelpworks.example",  # long s
        "sofia@\u212aelpworks.example",  # Kelvin sign
        "sof\u0131a@kelpworks.example",  # dotless i
        "sofia@kelp\u200bworks.example",
        "sofia@kelp\u00adworks.example",
        "sofia@[192.0.2.1]",
        "sofia@kelpworks.example\r\nBcc: all@example.org",
    ],
)
def test_look_alike_addresses_are_refused_or_made_the_same(ada, address):
    invite(ada, email="sofia@kelpworks.example")
    console = sign_in(ada)

    assert console.post(NEW, SOFIA | {"email": address}).status_code == 422

    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("address", ["SOFIA@Kelpworks.Example", " sofia@kelpworks.example "])
def test_one_address_in_another_spelling_is_one_person(ada, address):
    UserFactory(email="sofia@kelpworks.example")

    assert sign_in(ada).post(NEW, SOFIA | {"email": address}).status_code == 422


# --- What a name can do ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Sofia\r\nBcc: all@example.org",
        "Sofia\nX-Evil: 1",
        "https://evil.example",
        "Sofia\u202e",
        "x" * 101,
    ],
)
def test_a_name_is_refused_at_the_form_and_never_breaks_a_letter(ada, name):
    response = sign_in(ada).post(NEW, SOFIA | {"first_name": name})

    assert response.status_code in {302, 422}
    for letter in Message.objects.all():
        email = render(letter)
        assert "\n" not in email.subject
        assert email.message()["Bcc"] is None
        assert email.message()["X-Evil"] is None


# --- Hosts ----------------------------------------------------------------------------------------


def test_the_link_in_the_letter_is_of_the_public_address_whatever_the_request_says(ada, settings):
    settings.PUBLIC_URL = "https://apis.example"
    console = sign_in(ada)
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example",
        "X-Original-Host": "evil.example",
    }

    console.post(NEW, SOFIA, headers=headers)
    email = render(Message.objects.get())

    assert f"https://apis.example{invitation_link(Invitation.objects.get())}" in email.body
    assert "evil.example" not in email.body + email.alternatives[0][0]
    assert Client().get("/sign-in/", headers={"host": "evil.example"}).status_code == 400


# --- A link that is dead at use, not when a job runs ----------------------------------------------


def test_no_job_is_needed_for_an_invitation_to_end(ada, time_machine):
    invitation = invite(ada, validity=timedelta(hours=1))
    link = invitation_link(invitation)
    assert Client().get(link).status_code == 200

    time_machine.move_to(timezone.now() + timedelta(hours=1, seconds=1))

    assert Client().post(link, ANSWER).status_code == 410
    assert User.objects.by_address(invitation.email) is None
