"""The invitation form, the list and one invitation's page."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import include, path, reverse
from django.utils import timezone

from accounts import actions as people
from accounts.models import Role, User
from apim import urls
from audit.models import Event
from invitations import actions
from invitations.models import Invitation
from mail.models import Message
from service.actions import edit_service
from tests.factories import AdministratorFactory, InvitationFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db

# Debug has the inbox besides; used by the test that asks for these.
urlpatterns = [*urls.urlpatterns, path("inbox/", include("django_mail_preview.urls"))]

HTMX = {"HX-Request": "true"}
NEW = "/console/invitations/new/"
SOFIA = {"email": "sofia@kelpworks.example", "first_name": "Sofia", "last_name": "Brandt"}


def address(invitation, operation=""):
    return f"/console/invitations/{invitation.public_id}/{operation}"


def text_of(response):
    """What a reader sees: without tags, one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def sofia(ada):
    """Sofia's invitation as an administrator sends it."""
    return actions.invite_user(**SOFIA, by=ada, validity=timedelta(days=7))


# --- The form ---------------------------------------------------------------------------------


def test_create_shows_the_form_as_page_and_as_dialog(console):
    page = console.get(NEW)
    dialog = console.get(NEW, headers=HTMX)

    assert page.status_code == dialog.status_code == 200
    assert b"<html" in page.content
    assert b"<html" not in dialog.content
    assert b'hx-post="/console/invitations/new/"' in dialog.content
    assert Invitation.objects.count() == 0


def test_create_invites_with_three_fields_and_the_services_validity(console, ada):
    edit_service(name="Harbour APIs", support_address="", invitation_days=3, by=ada)

    response = console.post(NEW, SOFIA)

    invitation = Invitation.objects.get()
    assert response.status_code == 302
    assert response["Location"] == address(invitation)
    assert invitation.validity == timedelta(days=3)
    assert invitation.sender == ada
    assert not User.objects.filter(email=SOFIA["email"]).exists()


def test_create_passes_roles_note_and_validity_on(console):
    partners = RoleFactory(name="Partners")

    console.post(
        NEW,
        SOFIA | {"roles": [partners.public_id], "message": "Welcome aboard.", "validity": "1"},
    )

    invitation = Invitation.objects.get()
    assert list(invitation.roles.all()) == [partners]
    assert invitation.message == "Welcome aboard."
    assert invitation.validity == timedelta(hours=1)


def test_create_through_htmx_sends_the_browser_to_the_new_page(console):
    response = console.post(NEW, SOFIA, headers=HTMX)

    assert response["HX-Redirect"] == address(Invitation.objects.get())


def test_create_refuses_a_known_address_with_a_link(console, ben):
    response = console.post(NEW, SOFIA | {"email": " BEN@example.org "})

    assert response.status_code == 422
    assert "A developer with this email address already exists." in text_of(response)
    assert reverse("console:developer-detail", args=[ben.public_id]) in response.content.decode()
    assert 'value="Sofia"' in response.content.decode()
    assert Invitation.objects.count() == 0


def test_create_tells_that_a_known_address_is_blocked_and_offers_to_activate(console):
    hana = UserFactory(email="hana@quarry.tools", first_name="Hana", last_name="T", blocked=True)

    response = console.post(NEW, SOFIA | {"email": hana.email})

    assert response.status_code == 422
    assert "Hana T already has this email address and is blocked." in text_of(response)
    assert reverse("console:developer-activate", args=[hana.public_id]) in response.content.decode()


def test_create_tells_when_the_address_was_invited_and_offers_to_resend(console, sofia):
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=2, minutes=5))

    response = console.post(NEW, SOFIA, headers=HTMX)

    assert response.status_code == 422
    assert "This address already has an invitation, sent 2 days ago." in text_of(response)
    assert address(sofia, "resend/") in response.content.decode()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "nope", "Enter a valid email address"),
        ("email", "", "Enter an email address."),
        ("first_name", "", "Enter a first name."),
        ("last_name", "www.example.org", "A name cannot contain a link."),
        ("validity", "9999", "An invitation is valid for 1 hour to 90 days."),
        ("message", "x" * 2001, "at most 2000 characters"),
        ("roles", [str(uuid4())], "is not one of the available choices"),
    ],
)
def test_create_refuses_each_field_with_its_sentence_and_keeps_the_rest(
    console, field, value, sentence
):
    response = console.post(NEW, SOFIA | {field: value})

    assert response.status_code == 422
    assert sentence in text_of(response)
    kept = "Sofia" if field != "first_name" else "Brandt"
    assert f'value="{kept}"' in response.content.decode()
    assert Invitation.objects.count() == 0


def test_create_cannot_give_the_guests_role(console):
    guests = Role.objects.get(built_in=Role.BuiltIn.GUESTS)

    response = console.post(NEW, SOFIA | {"roles": [guests.public_id]})

    assert response.status_code == 422


# --- One invitation ---------------------------------------------------------------------------


def test_show_says_honestly_that_the_letter_waits_and_follows_it(console, sofia):
    response = console.get(address(sofia))

    assert "its letter to sofia@kelpworks.example waits to be sent" in text_of(response)
    assert "Invitation sent to" not in text_of(response)
    assert b'hx-trigger="load delay:2s"' in response.content


def test_show_stops_following_a_letter_that_takes_long(console, sofia):
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=2))

    response = console.get(address(sofia))

    assert b"hx-trigger" not in response.content.split(b"<main")[1]
    assert "Reload to see" in text_of(response)


def test_show_confirms_once_the_mail_server_took_the_letter(console, sofia, settings):
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"},
    }
    Message.objects.update(state="sent", sent_at=timezone.now())

    response = console.get(address(sofia))

    assert (
        "Invitation sent to sofia@kelpworks.example. "
        "They appear in the developers list once they accept." in text_of(response)
    )
    assert b"hx-trigger" not in response.content.split(b"<main")[1]


@pytest.mark.urls(__name__)
def test_show_says_that_the_letter_lies_in_the_local_inbox(console, sofia, settings):
    settings.DEBUG = True
    settings.MAILERS = {"default": {"BACKEND": "django_mail_preview.backends.EmailBackend"}}
    Message.objects.update(state="sent", sent_at=timezone.now())

    response = console.get(address(sofia))

    assert "lies in the local inbox; it has not left this machine" in text_of(response)
    assert "Show link and QR code" in text_of(response)


def test_show_tells_the_mail_servers_words(console, sofia):
    Message.objects.update(state="failed", answer="550 5.1.1 no such mailbox")

    response = console.get(address(sofia))

    assert "could not be delivered" in text_of(response)
    assert "The mail server refused it: 550 5.1.1 no such mailbox" in text_of(response)


def test_show_does_not_contain_the_link_until_asked(console, sofia):
    token = actions.token_of(sofia)

    assert token not in console.get(address(sofia)).content.decode()

    response = console.post(address(sofia, "link/"))

    assert response.status_code == 200
    assert f"/invitations/{token}/" in response.content.decode()
    assert Event.objects.filter(action="invitation.link_copied").count() == 1
    assert "no-store" in response["Cache-Control"]


def test_reveal_is_refused_for_a_revoked_invitation(console, sofia, ada):
    actions.revoke_invitation(invitation=sofia, by=ada)

    response = console.post(address(sofia, "link/"), follow=True)

    assert "This invitation can no longer be used." in text_of(response)
    assert not Event.objects.filter(action="invitation.link_copied").exists()


def test_show_marks_an_invitation_whose_sender_may_no_longer_invite(console, ada):
    chen = AdministratorFactory(first_name="Chen", last_name="Wei")
    invitation = InvitationFactory(sender=chen)
    people.block_user(user=chen, by=ada)

    response = console.get(address(invitation))

    assert "Chen Wei can no longer invite, so the link does not work." in text_of(response)
    assert "Show link and QR code" not in text_of(response)
    listed = console.get("/console/invitations/")
    assert "Sender can no longer invite: resend to renew it in your name." in text_of(listed)


def test_an_unknown_invitation_is_not_found(console):
    for operation in ("", "letter/", "resend/", "revoke/", "address/"):
        assert console.get(f"/console/invitations/{uuid4()}/{operation}").status_code == 404
    assert console.post(f"/console/invitations/{uuid4()}/link/").status_code == 404


# --- Resend and revoke ------------------------------------------------------------------------


def test_resend_page_says_what_it_does_and_changes_nothing(console, sofia):
    response = console.get(address(sofia, "resend/"))

    assert "the earlier link stops working" in text_of(response)
    sofia.refresh_from_db()
    assert sofia.times_sent == 1


def test_resend_makes_a_new_link_valid_as_chosen(console, sofia, ada):
    before = actions.token_of(sofia)

    response = console.post(address(sofia, "resend/"), {"validity": "48"}, follow=True)

    sofia.refresh_from_db()
    assert sofia.times_sent == 2
    assert sofia.validity == timedelta(days=2)
    assert actions.token_of(sofia) != before
    assert "A new link for Sofia Brandt is on its way" in text_of(response)


def test_resend_without_validity_keeps_the_earlier_one(console, ada):
    invitation = InvitationFactory(sender=ada, validity=timedelta(days=5))

    console.post(address(invitation, "resend/"))

    invitation.refresh_from_db()
    assert invitation.validity == timedelta(days=5)
    assert invitation.times_sent == 2


def test_resend_revives_an_expired_invitation(console, ada):
    invitation = InvitationFactory(sender=ada, expires_at=timezone.now() - timedelta(days=1))

    console.post(address(invitation, "resend/"))

    invitation.refresh_from_db()
    assert invitation.is_pending


def test_resend_of_an_answered_invitation_is_refused(console, ada):
    invitation = InvitationFactory(sender=ada, accepted_at=timezone.now())

    page = console.get(address(invitation, "resend/"))
    response = console.post(address(invitation, "resend/"))

    assert "Resend invitation" not in text_of(page)
    assert response.status_code == 422
    assert "This invitation can no longer be used." in text_of(response)


def test_resend_leads_back_to_the_list_it_came_from_and_nowhere_else(console, sofia):
    back = "/console/invitations/?state=pending&q=sofia"
    query = "?next=%2Fconsole%2Finvitations%2F%3Fstate%3Dpending%26q%3Dsofia"
    response = console.post(address(sofia, "resend/") + query)
    foreign = console.post(address(sofia, "resend/") + "?next=//evil.example/")

    assert response["Location"] == back
    assert foreign["Location"] == address(sofia)


def test_revoke_names_the_person_and_works_without_script(console, sofia):
    page = console.get(address(sofia, "revoke/"))
    response = console.post(address(sofia, "revoke/"), follow=True)

    assert "Revoke the invitation of Sofia Brandt?" in text_of(page)
    sofia.refresh_from_db()
    assert sofia.state == "revoked"
    assert "The invitation of Sofia Brandt is revoked." in text_of(response)


def test_revoke_of_an_accepted_invitation_is_refused(console, ada):
    invitation = InvitationFactory(sender=ada, accepted_at=timezone.now())

    response = console.post(address(invitation, "revoke/"), headers=HTMX)

    assert response.status_code == 422
    invitation.refresh_from_db()
    assert invitation.state == "accepted"


@pytest.mark.parametrize("operation", ["", "letter/", "resend/", "revoke/", "address/"])
def test_looking_at_an_invitation_changes_nothing(console, sofia, operation):
    events = Event.objects.count()
    before = Invitation.objects.values().get()

    console.get(address(sofia, operation))
    console.head(address(sofia, operation))

    assert Invitation.objects.values().get() == before
    assert Event.objects.count() == events


def test_developers_and_visitors_stay_outside(portal, client, ada):
    invitation = InvitationFactory(sender=ada)
    resend = address(invitation, "resend/")
    for page in ("/console/invitations/", NEW, address(invitation), resend):
        assert portal.get(page).status_code == 403
        assert client.get(page).status_code == 302
    assert portal.post(address(invitation, "link/")).status_code == 403
    assert portal.post("/console/invitations/bulk/").status_code == 403
