"""The service's settings page."""

import pytest

from audit.models import Event
from service.models import current_service
from tests.console.invitations.test_invitations import text_of

pytestmark = pytest.mark.django_db

SETTINGS = "/console/settings/"
WANTED = {"name": "Quay APIs", "support_address": "Help@Quay.example", "invitation_days": "14"}


def test_settings_show_what_holds_now(console):
    response = console.get(SETTINGS)

    assert 'value="Harbour APIs"' in response.content.decode()
    assert 'value="7"' in response.content.decode()
    assert not Event.objects.filter(action="service.edited").exists()


def test_settings_are_saved_audited_and_shown_everywhere(console, ada):
    response = console.post(SETTINGS, WANTED, follow=True)

    service = current_service()
    assert (service.name, service.support_address) == ("Quay APIs", "help@quay.example")
    assert service.invitation_days == 14
    assert "The settings were saved." in text_of(response)
    assert "Quay APIs" in text_of(console.get("/console/invitations/"))
    event = Event.objects.get(action="service.edited")
    assert event.actor_id == ada.public_id
    assert event.data["changes"]["invitation_days"] == [7, 14]


def test_the_support_address_may_be_empty(console):
    console.post(SETTINGS, WANTED)
    console.post(SETTINGS, WANTED | {"support_address": ""})

    assert current_service().support_address == ""


def test_reminders_and_news_of_unused_invitations_are_set(console):
    page = console.get(SETTINGS).content.decode()
    assert 'value="2, 5"' in page

    console.post(SETTINGS, WANTED | {"reminder_days": "1,3 , 10", "tell_unused": "on"})
    assert current_service().reminder_days == [1, 3, 10]
    assert current_service().tell_unused

    console.post(SETTINGS, WANTED | {"reminder_days": ""})
    assert current_service().reminder_days == []
    assert not current_service().tell_unused


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter a name."),
        ("name", "https://evil.example", "A name cannot contain a link."),
        ("name", "x" * 61, "at most 60 characters"),
        ("support_address", "nope", "Enter a valid email address"),
        ("invitation_days", "0", "Enter a number of days from 1 to 90."),
        ("invitation_days", "91", "Enter a number of days from 1 to 90."),
        ("reminder_days", "5, 2", "Give up to three days from 1 to 30"),
        ("reminder_days", "soon", "Give up to three days from 1 to 30"),
        ("reminder_days", "1 2 3 4", "Give up to three days from 1 to 30"),
        ("reminder_days", "³", "Give up to three days from 1 to 30"),
        ("invitation_days", "soon", "Enter a number of days from 1 to 90."),
    ],
)
def test_settings_refuse_with_a_sentence_and_keep_what_was_typed(console, field, value, sentence):
    response = console.post(SETTINGS, WANTED | {field: value})

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert current_service().invitation_days == 7
    kept = "Quay APIs" if field != "name" else "Help@Quay.example"
    assert f'value="{kept}"' in response.content.decode()


def test_settings_are_for_administrators(portal, client):
    assert portal.get(SETTINGS).status_code == 403
    assert portal.post(SETTINGS, WANTED).status_code == 403
    assert client.get(SETTINGS).status_code == 302
    assert current_service().name == "Harbour APIs"
