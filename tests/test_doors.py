"""Every address of the service, and who may pass it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.conftest import sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

# Views that are not ours, and so carry no mark: allauth's ceremonies have doors of their own,
# held by allauth and by SignInFirst, and are tried below like all others.
ALLAUTH = {
    "account_login": "open",
    "account_reset_password": "open",
    "account_reset_password_done": "open",
    "account_reset_password_from_key": "open",
    "account_reset_password_from_key_done": "open",
    "account_logout": "signed in",
    "account_reauthenticate": "signed in",
    "account_change_password": "signed in",
}
# Posted to by machines, which carry a secret instead of a form's token; closed while none is set.
MACHINES = {"mail-webhook": {404}}
VALUES = {
    "provider": "postmark",
    "slug": "starter",
    "kind": "nginx",
    "letter": "invitation",
    "language": "en",
    "key_id": uuid4(),
    "number": 2,
    "public_id": uuid4(),
    "token": "a" * 43,
    "anchor": "get",
    "uidb36": "0" * 32,
    "key": "set-password",
}


def patterns(resolver, names=()) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            below = (*names, pattern.namespace) if pattern.namespace else names
            yield from patterns(pattern, below)
        else:
            yield ":".join([*names, pattern.name]), pattern


# The local inbox exists while APIM_DEBUG=1 only, behind its package's own guard.
ADDRESSES = {
    name: pattern
    for name, pattern in patterns(get_resolver())
    if not name.startswith("mail_preview:")
}


def door_of(name):
    return ALLAUTH.get(name) or getattr(ADDRESSES[name].callback, "door", None)


def address_of(name):
    wanted = ADDRESSES[name].pattern.regex.groupindex or ADDRESSES[name].pattern.converters
    return reverse(name, kwargs={key: VALUES[key] for key in wanted})


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_address_is_marked(name):
    assert door_of(name) in {"open", "signed in", "administrators"}


@pytest.mark.parametrize("name", sorted(name for name in ADDRESSES if name.startswith("console:")))
def test_the_console_is_for_administrators(name, client, portal):
    assert door_of(name) == "administrators"

    for method in ["get", "post"]:
        visitor = getattr(client, method)(address_of(name))
        assert visitor.status_code == 302, name
        assert visitor["Location"].startswith("/sign-in/?next=/console/")
        assert getattr(portal, method)(address_of(name)).status_code == 403, name


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_visitors_pass_only_where_it_says_open(name, client):
    response = client.get(address_of(name))

    led_to_sign_in = response.status_code == 302 and response["Location"].startswith("/sign-in/")
    assert led_to_sign_in == (door_of(name) != "open"), (name, response.status_code)


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_no_address_answers_with_an_error_of_ours(name, console):
    for method in ["get", "head", "post"]:
        response = getattr(console, method)(address_of(name))
        assert response.status_code < 500, (method, name)


STRANGE = ["TRACE", "PROPFIND", "PUT", "OPTIONS"]


def test_every_view_names_its_methods(console):
    visitor = Client(enforce_csrf_checks=True)
    for name, pattern in ADDRESSES.items():
        methods = pattern.callback.methods
        assert methods in {("GET", "HEAD"), ("GET", "HEAD", "POST"), ("POST",)}, name
        strange = [*STRANGE, *({"GET", "POST"} - set(methods))]
        asked = [(console, method) for method in strange] + [(visitor, "PROPFIND")]
        for browser, method in asked:
            response = browser.generic(method, address_of(name))
            assert response.status_code == 405, (method, name)
            assert response["Allow"] == ", ".join(methods), (method, name)
            assert "Content-Security-Policy" in response, (method, name)


POST_ONLY = [
    "/console/developers/bulk/",
    "/console/invitations/bulk/",
    "/console/invitations/several/check/",
    "/console/mail/bulk/",
    "/console/mail/send/failed/",
    "/console/subscriptions/bulk/",
    "/theme/",
]


@pytest.mark.parametrize("address", POST_ONLY)
def test_the_address_of_a_button_has_a_page_with_a_way_back(address, console):
    page = console.get(address)

    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "This address belongs to a button" in page.content.decode()
    start = "/console/" if address.startswith("/console/") else "/"
    assert f'<a class="btn btn-secondary" href="{start}">' in page.content.decode()


@pytest.mark.parametrize(
    ("address", "page", "back"),
    [
        ("/console/mail/bulk/", "http://testserver/console/mail/?q=a", "/console/mail/%3Fq%3Da"),
        ("/console/mail/bulk/", "https://evil.example/console/mail/", "/console/"),
        ("/console/mail/bulk/", "http://testserver//evil.example/", "/console/"),
        ("/console/mail/bulk/", None, "/console/"),
        ("/profile/sessions/end/", "http://testserver/profile/", "/profile/"),
        ("/profile/sessions/end/", None, "/"),
    ],
)
def test_a_button_pressed_after_the_session_leads_back_to_its_page(client, address, page, back):
    response = client.post(address, headers={"Referer": page} if page else {})

    assert response["Location"] == f"/sign-in/?next={back}&undone=1"
    assert "You were signed out; nothing was done." in client.get(response["Location"]).text


def test_a_button_pressed_after_a_long_silence_leads_back_to_its_page(ada):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in(ada)
        browser.get("/console/mail/")
        clock.shift(timedelta(minutes=31))

        asked = browser.post(
            "/console/mail/bulk/", headers={"Referer": "http://testserver/console/mail/"}
        )

        assert asked["Location"] == "/sign-in/again/?next=/console/mail/&undone=1"
        assert "Nothing was done yet." in browser.get(asked["Location"]).text
        answer = browser.post(asked["Location"], {"password": PASSWORD})
        assert answer["Location"] == "/console/mail/"


def test_a_blocked_administrator_is_out_at_the_next_request(console, ada):
    from accounts import actions
    from tests.factories import AdministratorFactory

    AdministratorFactory()
    assert console.get("/console/").status_code == 200

    actions.block_user(user=ada, by=None)

    assert console.get("/console/")["Location"] == "/sign-in/?next=/console/"


def test_a_demoted_administrator_is_out_at_the_next_request(console, ada, administrators_role):
    from accounts import actions
    from tests.factories import AdministratorFactory

    AdministratorFactory()
    actions.remove_role(user=ada, role=administrators_role, by=None)

    assert console.get("/console/").status_code == 403


def test_pages_of_signed_in_people_are_never_kept(portal):
    assert "no-store" in portal.get("/")["Cache-Control"]


def test_every_form_wants_its_token(ada):
    browser = sign_in(ada)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies

    for name in ADDRESSES:
        response = strict.post(address_of(name))
        expected = MACHINES.get(name, {403, 405})
        assert response.status_code in expected, name


@pytest.mark.parametrize("session", ["none", "ended"])
@pytest.mark.parametrize(
    ("address", "page", "back"),
    [
        ("/profile/", "/profile/", "/profile/"),
        ("/profile/password/", "/profile/password/", "/profile/password/"),
        ("/console/roles/new/", "/console/roles/new/", "/console/roles/new/"),
        ("/products/starter/subscribe/", "/products/starter/", "/products/starter/"),
        ("/sign-out/", "/help/", "/help/"),
    ],
)
def test_a_form_whose_session_ended_leads_to_sign_in_and_back(ada, session, address, page, back):
    """Whether or not its token still fits: who it was has to be asked anyway."""
    browser = Client(enforce_csrf_checks=True)
    if session == "ended":
        browser.cookies = sign_in(ada).cookies
        ada.sessions.all().delete()

    response = browser.post(address, headers={"Referer": f"http://testserver{page}"})

    assert response["Location"] == f"/sign-in/?next={back}&undone=1"
    assert "You were signed out; nothing was done." in browser.get(response["Location"]).text
