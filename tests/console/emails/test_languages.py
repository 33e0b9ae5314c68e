"""The language of a person's letters, chosen by whoever adds, invites or edits them."""

import pytest

from accounts.actions import send_password_link
from accounts.models import User
from invitations.models import Invitation
from mail.models import Message
from tests.factories import InvitationFactory

pytestmark = pytest.mark.django_db
PERSON = {"first_name": "Jonas", "last_name": "Fischer", "email": "jonas@example.org"}


def test_an_added_person_reads_in_the_chosen_language(console):
    console.post("/console/developers/add/", PERSON | {"language": "de"})

    assert User.objects.get(email=PERSON["email"]).language == "de"
    assert Message.objects.get(to=PERSON["email"]).language == "de"


def test_an_invited_person_keeps_the_language_of_the_invitation(console, client, deliver):
    console.post("/console/invitations/new/", PERSON | {"language": "de"})
    invitation = Invitation.objects.get()
    assert Message.objects.get().language == invitation.language == "de"

    [letter] = deliver()
    link = next(line for line in letter.body.splitlines() if "/invitations/" in line)
    client.post(
        link[link.index("/invitations/") :],
        {"first_name": "Jonas", "last_name": "Fischer", "password": "wobbly harbour seal 42"},
    )

    assert User.objects.get(email=PERSON["email"]).language == "de"


@pytest.mark.parametrize("language", ["", "tlh"])
def test_a_language_left_out_is_english_and_an_unknown_one_is_refused(console, language):
    response = console.post("/console/developers/add/", PERSON | {"language": language})

    assert response.status_code == (422 if language else 302)
    assert User.objects.filter(email=PERSON["email"], language="en").exists() is not bool(language)


def test_a_person_changes_the_language_of_their_letters(portal, ben, ada):
    page = portal.get("/profile/")
    assert 'name="language"' in page.content.decode()

    portal.post(
        "/profile/",
        {"first_name": "Ben", "last_name": "Okafor", "time_zone": "UTC", "language": "de"},
    )

    ben.refresh_from_db()
    send_password_link(user=ben, by=ada)
    assert Message.objects.latest("pk").language == "de"
    # A form that does not know the field leaves it alone.
    portal.post("/profile/", {"first_name": "Ben", "last_name": "O.", "time_zone": "UTC"})
    ben.refresh_from_db()
    assert (ben.last_name, ben.language) == ("O.", "de")


def test_sending_an_invitation_again_keeps_its_language(console, ada):
    invitation = InvitationFactory(sender=ada, language="de")

    console.post(f"/console/invitations/{invitation.public_id}/resend/", {})

    assert Message.objects.latest("pk").language == "de"
