"""Inviting while no letter leaves: said before typing, and the link to hand over."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from invitations.actions import token_of
from invitations.models import Invitation
from mail.models import Message, Outage
from tests.console.invitations.test_invitations import HTMX, NEW, SOFIA, address, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def off(settings):
    settings.MAIL_IS_OFF = True


@pytest.fixture
def failing(db):
    since = timezone.now() - timedelta(hours=3)
    Outage.objects.create(pk=1, since=since, answer="535 5.7.8 Authentication failed")


def link_in(response):
    return re.search(r"http://[^<\"]+/invitations/[\w-]{43}/", response.content.decode())


def test_nothing_is_said_while_mail_works(console):
    page = console.get(NEW)

    assert "Send invitation" in text_of(page)
    assert "mail-hint" not in page.content.decode()
    assert "inbox-note" not in page.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_off_is_said_before_typing_and_the_button_changes(console, off, headers):
    page = text_of(console.get(NEW, headers=headers))

    assert "Mail is off, so nothing is sent. You get the link to hand over yourself" in page
    assert "Create link" in page
    assert "Send invitation" not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_failing_is_said_with_the_servers_words(console, failing, headers):
    page = text_of(console.get(NEW, headers=headers))

    assert "Mail does not leave right now (535 5.7.8 Authentication failed)." in page
    assert "Create link" in page


def test_off_is_noted_above_every_page_and_failing_among_what_needs_doing(
    console, settings, failing, ben
):
    assert "Mail has not left since" in text_of(console.get("/console/"))
    assert "535 5.7.8 Authentication failed" in text_of(console.get("/console/"))

    settings.MAIL_IS_OFF = True
    for path in ("/console/", "/console/roles/", "/console/invitations/"):
        assert "Mail is off: letters are held back" in text_of(console.get(path))


def test_mail_kept_in_a_folder_is_noted(console, settings):
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.filebased.EmailBackend"},
    }

    assert "it is kept on this machine" in text_of(console.get("/console/roles/"))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_answer_holds_the_link_and_a_qr_code_and_is_kept_by_nobody(console, off, headers):
    response = console.post(NEW, SOFIA, headers=headers)

    invitation = Invitation.objects.get()
    assert response.status_code == 200
    assert link_in(response)[0].endswith(f"/invitations/{token_of(invitation)}/")
    assert '<svg viewBox="0 0' in response.content.decode()
    assert " style=" not in response.content.decode().partition("<main")[2]
    assert "no-store" in response["Cache-Control"]
    assert "Its letter is held back: mail is off." in text_of(response)
    assert Message.objects.get().state == "held"
    assert [event.action for event in Event.objects.filter(subject_id=invitation.public_id)] == [
        "invitation.link_copied",
        "invitation.sent",
    ]


def test_the_letter_waits_for_a_mail_server_that_fails(console, failing):
    response = console.post(NEW, SOFIA)

    assert link_in(response)
    assert "sent by itself once the mail server is back" in text_of(response)
    assert Message.objects.get().state == "queued"


def test_no_later_page_holds_the_link_until_asked(console, off):
    console.post(NEW, SOFIA)
    invitation = Invitation.objects.get()

    page = console.get(address(invitation))
    assert not link_in(page)
    assert "qr-code" not in page.content.decode().partition("<main")[2].replace("QR code", "")

    shown = console.post(address(invitation, "link/"))
    assert link_in(shown)
    assert 'class="qr-code"' in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]


def test_pressing_twice_makes_one_invitation(console, off):
    console.post(NEW, SOFIA)
    again = console.post(NEW, SOFIA)

    assert again.status_code == 422
    assert "This address already has an invitation" in text_of(again)
    assert Invitation.objects.count() == 1


def test_resending_and_correcting_say_so_too(console, off):
    console.post(NEW, SOFIA)
    invitation = Invitation.objects.get()

    for operation in ("resend/", "address/"):
        assert "Mail is off, so nothing is sent." in text_of(
            console.get(address(invitation, operation))
        )


def test_a_shared_link_says_that_its_letters_wait(console, settings):
    address = reverse("console:invite-link-create")
    sentence = "whoever asks through the link waits for the letter"
    assert sentence not in text_of(console.get(address))

    settings.MAIL_IS_OFF = True

    assert sentence in text_of(console.get(address))
