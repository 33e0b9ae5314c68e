"""The page and the command that say which server keys are still needed."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.actions import send_password_link
from base.secret_keys import key_id
from catalog.models import Key
from console.settings.secret_keys import open_links, stored_secrets
from gateway.models import Secret
from tests.conftest import sign_in
from tests.factories import GatewayFactory, InvitationFactory, InviteLinkFactory, KeyFactory
from tests.portal.pages import text_of

pytestmark = pytest.mark.django_db

PAGE = "/console/settings/secrets/"
NEW = "a quite different key that is long enough to be one, really"


def told():
    out = StringIO()
    call_command("secrets", stdout=out)
    return out.getvalue()


def line_of(text, name):
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [name])


def test_a_service_with_one_key_has_one_row(console, settings):
    response = console.get(PAGE)

    name = key_id(settings.SECRET_KEY)
    assert [key.ids for key in response.context["stored_secrets"]] == [(name,)]
    assert [key.ids for key in response.context["open_links"]] == [(name,)]
    assert "APIM_SECRET_KEY" in text_of(response)
    assert settings.SECRET_KEY not in response.content.decode()
    assert settings.SECRET_KEY not in told()
    assert "/console/settings/secrets/" in console.get("/console/settings/").content.decode()


def test_it_counts_by_key_and_says_what_can_go(console, settings, ada, ben):
    old = settings.SECRET_KEY
    GatewayFactory()
    used, unused = KeyFactory(), KeyFactory()
    Key.objects.filter(pk=used.pk).update(last_used_at=timezone.now() - timedelta(days=89))
    Key.objects.filter(pk=unused.pk).update(last_used_at=timezone.now() - timedelta(days=91))
    InvitationFactory(sender=ada)
    InviteLinkFactory(sender=ada)
    send_password_link(user=ben, by=None)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [old]
    KeyFactory()

    assert line_of(told(), key_id(old)) == [key_id(old), "1", "1", "1", "APIM_SECRET_KEY_FALLBACKS"]
    assert line_of(told(), key_id(NEW))[1:4] == ["0", "0", "1"]
    assert f"{key_id(old)} is still needed for stored secrets." in told()
    links = told().partition("Open links")[2]
    assert line_of(links, key_id(old)) == [key_id(old), "1", "1", "1", "APIM_SECRET_KEY_FALLBACKS"]
    assert "Still needed" in text_of(console.get(PAGE))

    Key.objects.filter(pk=used.pk).update(digest_key=key_id(NEW))
    Secret.objects.update(digest_key=key_id(NEW))
    assert f"{key_id(old)} is needed only for 1 subscription keys" in told()
    assert "Needed only for keys that nobody has used for 90 days" in text_of(console.get(PAGE))

    unused.delete()
    assert f"{key_id(old)} is not needed for stored secrets any more." in told()
    assert "Not needed for stored secrets any more" in text_of(console.get(PAGE))

    settings.SECRET_KEY_FALLBACKS = []
    assert "Not configured: these stopped working" in text_of(sign_in(ada).get(PAGE))


def test_a_key_that_is_gone_is_shown_while_something_stands_under_it(settings, ada):
    old = key_id(settings.SECRET_KEY)
    KeyFactory()
    settings.SECRET_KEY = NEW

    assert stored_secrets()[1].ids == (old,)
    assert not stored_secrets()[1].is_configured
    assert f"{old} is not configured: what stands under it is refused." in told()
    assert "Not configured: these stopped working" in text_of(sign_in(ada).get(PAGE))


def test_what_nobody_knows_yet_is_said(settings, console):
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [old]
    KeyFactory(digest_key=f"{key_id(NEW)},{key_id(old)}")

    present, earlier, unknown = stored_secrets()

    assert (present.is_present, earlier.is_doubted) == (True, True)
    assert (unknown.is_certain, unknown.name) == (False, f"{key_id(NEW)} or {key_id(old)}")
    assert f"{key_id(old)} is still needed for stored secrets." in told()
    assert "not known yet: the next use tells" in told()
    assert "Not known until they are next used" in text_of(console.get(PAGE))


def test_a_digest_key_of_its_own_signs_no_links(settings):
    settings.DIGEST_KEY = NEW

    assert [row.variables for row in stored_secrets()] == [["APIM_DIGEST_KEY"], ["APIM_SECRET_KEY"]]
    assert [row.variables for row in open_links()] == [["APIM_SECRET_KEY"]]


def test_it_is_for_administrators(portal, client):
    assert portal.get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302


def test_the_pages_of_links_say_that_their_key_is_gone(settings, ada):
    invitation, link = InvitationFactory(sender=ada), InviteLinkFactory(sender=ada)
    pages = [
        f"/console/invitations/{invitation.public_id}/",
        f"/console/invitations/links/{link.public_id}/",
    ]
    buttons = [f"{pages[0]}link/", f"{pages[1]}reveal/"]
    gone = "is not configured any more"
    console = sign_in(ada)
    assert not any(gone in text_of(console.get(page)) for page in pages)

    settings.SECRET_KEY = NEW
    console = sign_in(ada)
    assert all(gone in text_of(console.get(page)) for page in pages)

    shown = [text_of(console.post(button)) for button in buttons]
    assert not any(gone in page for page in [*shown, *map(text_of, map(console.get, pages))])
