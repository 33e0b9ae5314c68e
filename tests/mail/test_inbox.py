"""The local inbox page, which exists in debug only."""

import importlib

import pytest
from django.urls import clear_url_caches

from apim import urls
from mail.delivery import deliver_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox(settings):
    """The addresses as they are in debug."""
    settings.DEBUG = True
    settings.MAILERS = {"default": {"BACKEND": "django_mail_preview.backends.EmailBackend"}}
    importlib.reload(urls)
    clear_url_caches()
    yield
    settings.DEBUG = False
    importlib.reload(urls)
    clear_url_caches()


def test_inbox_shows_a_letter_to_visitors(inbox, client, queue):
    queue("sofia@example.org")
    deliver_due()

    page = client.get("/inbox/", follow=True)

    assert page.status_code == 200
    text = page.content.decode()
    assert "sofia@example.org" in text
    assert "Your account at Harbour APIs is active again" in text
    # The kind is the tag.
    assert "account_activated" in text


def test_inbox_shows_every_letter_as_a_preview(inbox, client):
    page = client.get("/inbox/previews/mail/invitation/")

    assert page.status_code == 200
    frame = client.get("/inbox/previews/mail/invitation/html/")
    assert b"Sofia, you are invited to Harbour APIs" in frame.content


def test_inbox_does_not_exist_in_production(client):
    assert client.get("/inbox/").status_code in {302, 404}
    assert client.get("/inbox/previews/mail/invitation/html/").status_code in {302, 404}


def test_administrators_are_told_that_mail_stays_here(inbox, console):
    page = console.get("/console/settings/").content.decode()

    assert "Mail is not being delivered: it is kept in the local inbox." in page
