"""What links tell and to whom: opened, missent, renewed, and nothing to strangers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.actions import add_user
from accounts.models import User
from audit.models import Event
from invitations.actions import (
    correct_address,
    invite_user,
    resend_invitation,
    revoke_invitation,
    token_of,
)
from invitations.models import Invitation
from mail.models import Message
from tests.factories import InvitationFactory
from tests.portal.pages import NEW_PASSWORD, invitation_link, text_of

pytestmark = pytest.mark.django_db

ANSWER = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}
WRONG, RIGHT = "sofia@exampel.org", "sofia@example.org"


@pytest.fixture
def invitation(ada) -> Invitation:
    return invite_user(
        email=WRONG,
        first_name="Sofia",
        last_name="Brandt",
        message="The sandbox is ready for you.",
        validity=timedelta(days=7),
        by=ada,
    )


# --- Opened --------------------------------------------------------------------------------------


def test_the_first_get_leaves_a_moment_behind_and_nothing_else(invitation, time_machine):
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=7))
    before = Invitation.objects.values().get()
    events, letters = Event.objects.count(), Message.objects.values().get()
    link = invitation_link(invitation)

    assert Client().get(link).status_code == 200
    time_machine.shift(timedelta(hours=1))
    assert Client().get(link).status_code == 200

    after = Invitation.objects.values().get()
    assert after.pop("opened_at") == timezone.now() - timedelta(hours=1)
    before.pop("opened_at")
    assert after == before
    assert (Event.objects.count(), Message.objects.values().get()) == (events, letters)


def test_what_is_no_look_at_the_open_link_is_not_noted(invitation, portal, console):
    link = invitation_link(invitation)

    Client().head(link)
    Client().post(link, {})
    Client().get(f"{link}decline/")
    # Somebody else's browser: they see that it is not for them.
    portal.get(link)
    console.get(link)

    invitation.refresh_from_db()
    assert invitation.opened_at is None


@pytest.mark.parametrize("end", ["expired", "revoked", "replaced"])
def test_a_dead_link_is_not_noted(invitation, ada, end):
    link = invitation_link(invitation)
    if end == "expired":
        Invitation.objects.update(expires_at=timezone.now())
    elif end == "revoked":
        revoke_invitation(invitation=invitation, by=ada)
    else:
        resend_invitation(invitation=invitation, by=ada)

    assert Client().get(link).status_code == 410

    invitation.refresh_from_db()
    assert invitation.opened_at is None


def test_the_page_is_shown_though_the_moment_cannot_be_noted(invitation, ada, caplog):
    """The database refuses a second opened invitation of one sender, for this test."""
    InvitationFactory(sender=ada, opened_at=timezone.now())
    # PostgreSQL builds no index while checks of foreign keys are put off.
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNIQUE INDEX one_opened ON invitations_invitation (sender_id)"
            " WHERE opened_at IS NOT NULL"
        )
    link = invitation_link(invitation)

    page = Client().get(link)

    assert page.status_code == 200
    assert "Activate account" in text_of(page)
    assert "could not be noted" in caplog.text
    assert token_of(invitation) not in caplog.text
    assert Client().post(link, ANSWER).status_code == 302


# --- Missent -------------------------------------------------------------------------------------


@pytest.fixture
def missent(invitation, ada) -> str:
    """The link that went to the wrong address, after the right one has its own."""
    link = invitation_link(invitation)
    correct_address(invitation=invitation, email=RIGHT, by=ada)
    return link


def pages_of(link):
    """Everything that the bearer of a link can ask for."""
    client = Client()
    yield client.get(link)
    yield client.post(link, ANSWER)
    yield client.get(f"{link}decline/")
    yield client.post(f"{link}decline/")
    yield client.post(f"{link}renew/")


def told_by(pages):
    for page in pages:
        assert page.status_code == 410
        yield text_of(page)


def test_the_bearer_of_a_missent_link_learns_that_it_was_withdrawn_and_nothing_else(
    missent, invitation
):
    for text in told_by(pages_of(missent)):
        assert "This invitation was withdrawn." in text
        for secret in [RIGHT, WRONG, "Lovelace", "Sofia", "sandbox", "fresh letter"]:
            assert secret not in text
    invitation.refresh_from_db()
    assert invitation.is_pending
    assert not User.objects.filter(email__in=[WRONG, RIGHT]).exists()
    assert Message.objects.filter(state="queued").count() == 1


@pytest.mark.parametrize("later", ["accepted", "declined", "revoked", "expired", "added", "resent"])
def test_a_missent_link_says_the_same_whatever_becomes_of_the_right_one(
    missent, invitation, ada, later
):
    before = text_of(Client().get(missent))
    invitation.refresh_from_db()
    if later == "accepted":
        assert Client().post(invitation_link(invitation), ANSWER).status_code == 302
    elif later == "declined":
        Client().post(f"{invitation_link(invitation)}decline/")
    elif later == "revoked":
        revoke_invitation(invitation=invitation, by=ada)
    elif later == "expired":
        Invitation.objects.update(expires_at=timezone.now())
    elif later == "added":
        add_user(email=RIGHT, first_name="S", last_name="B", password=NEW_PASSWORD, by=ada)
    else:
        resend_invitation(invitation=invitation, by=ada)

    after = text_of(Client().get(missent))

    without_nonce = [text.partition("<main")[2] for text in (before, after)]
    assert without_nonce[0] == without_nonce[1] != ""


def test_the_right_address_accepts_as_usual(missent, invitation):
    invitation.refresh_from_db()

    assert Client().post(invitation_link(invitation), ANSWER).status_code == 302

    assert User.objects.by_address(RIGHT).is_active


# --- Renewed -------------------------------------------------------------------------------------


def expired(ada, email, **facts):
    return InvitationFactory(sender=ada, email=email, expires_at=timezone.now(), **facts)


def renew(invitation, number=1):
    address = f"10.0.{number // 250}.{number % 250}"
    return Client().post(f"{invitation_link(invitation)}renew/", REMOTE_ADDR=address)


def test_fresh_letters_to_one_address_are_limited_whatever_invitations_it_had(ada):
    answers = []
    for number in range(8):
        invitation = expired(ada, "late@example.org")
        answers.append(renew(invitation, number).status_code)
        revoke_invitation(invitation=invitation, by=ada)

    assert answers == [200] * 6 + [429] * 2
    # Nobody else's letters are held up by it.
    assert renew(expired(ada, "other@example.org"), 99).status_code == 200


def test_fresh_letters_to_an_address_count_for_a_day(ada, time_machine):
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    for number in range(6):
        invitation = expired(ada, "late@example.org")
        renew(invitation, number)
        revoke_invitation(invitation=invitation, by=ada)
    invitation = expired(ada, "late@example.org")
    assert renew(invitation, 7).status_code == 429

    time_machine.shift(timedelta(days=1, seconds=1))

    assert renew(invitation, 8).status_code == 200


def test_too_many_says_so_and_sends_nothing(ada):
    invitation = expired(ada, "late@example.org")
    links = []
    for number in range(4):
        links.append(invitation_link(invitation))
        page = renew(invitation, number)

    assert page.status_code == 429
    assert "A fresh letter was sent a few times already." in text_of(page)
    assert Message.objects.filter(to="late@example.org").count() == 3
    assert links[0] == links[-1]


def test_a_fresh_letter_goes_to_the_stored_address_whatever_is_posted(ada):
    invitation = expired(ada, "late@example.org")
    data = {"email": ["evil@example.org", "late@example.org"], "to": "evil@example.org"}

    Client().post(f"{invitation_link(invitation)}renew/", data)

    assert [letter.to for letter in Message.objects.all()] == ["late@example.org"]


def test_strangers_are_shown_no_address(ada, invitation):
    for token in ["x" * 43, token_of(invitation)[:-1], token_of(invitation) + "x"]:
        for page in (
            Client().get(f"/invitations/{token}/"),
            Client().post(f"/invitations/{token}/", ANSWER),
            Client().post(f"/invitations/{token}/renew/"),
        ):
            assert page.status_code == 404
            assert WRONG not in text_of(page)
            assert "Ada Lovelace" not in text_of(page)
