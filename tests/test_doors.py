"""Every address of the service, and who may pass it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connections, transaction
from django.http import HttpResponseBase
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


@contextmanager
def as_if_alone() -> Iterator[None]:
    """What happens at one address is undone before the next: nothing shared, nothing used up."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(transaction.atomic(using=alias))
        yield
        for alias in connections:
            transaction.set_rollback(True, using=alias)


def answers(name, *, cookies=None, methods=("get", "post")) -> dict[str, HttpResponseBase]:
    """What this address answers to each method, to the browser with these cookies."""
    browser = Client(raise_request_exception=False)
    browser.cookies = deepcopy(cookies) if cookies else browser.cookies
    with as_if_alone():
        return {method: getattr(browser, method)(address_of(name)) for method in methods}


def leads_to_sign_in(response, to="/sign-in/") -> bool:
    return response.status_code == 302 and response["Location"].startswith(to)


# One loop over all addresses instead of a test for each: what fails is named at the end, all of it.


def test_every_address_is_marked():
    doors = {name: door_of(name) for name in ADDRESSES}

    known = {"open", "signed in", "administrators"}
    assert not {name: door for name, door in doors.items() if door not in known}


def test_the_console_is_for_administrators(portal):
    console = sorted(name for name in ADDRESSES if name.startswith("console:"))
    assert {name: door_of(name) for name in console} == dict.fromkeys(console, "administrators")

    wrong = []
    for name in console:
        for method, response in answers(name).items():
            if not leads_to_sign_in(response, to="/sign-in/?next=/console/"):
                wrong.append((name, "visitor", method, response.status_code))
        for method, response in answers(name, cookies=portal.cookies).items():
            if response.status_code != 403:
                wrong.append((name, "developer", method, response.status_code))
    assert not wrong


def test_visitors_pass_only_where_it_says_open():
    wrong = []
    for name in sorted(ADDRESSES):
        response = answers(name, methods=["get"])["get"]
        if leads_to_sign_in(response) != (door_of(name) != "open"):
            wrong.append((name, response.status_code))
    assert not wrong


def test_no_address_answers_with_an_error_of_ours(console):
    wrong = [
        (name, method, response.status_code)
        for name in sorted(ADDRESSES)
        for method, response in answers(
            name, cookies=console.cookies, methods=["get", "head", "post"]
        ).items()
        if response.status_code >= 500
    ]
    assert not wrong


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


PARAMETERS = [
    "actor",
    "api",
    "cursor",
    "direction",
    "format",
    "from",
    "key",
    "kind",
    "link",
    "look",
    "next",
    "package",
    "person",
    "product",
    "q",
    "reference",
    "role",
    "show",
    "sort",
    "state",
    "subject",
    "to",
    "undone",
]


@pytest.mark.parametrize("value", ["%00", "%ff%fe", "a%00b", "-1", "9" * 40, "%F0%9F%A6%94", "[]"])
def test_no_query_makes_an_error_of_ours(console, value):
    query = "&".join(f"{parameter}={value}" for parameter in PARAMETERS)
    for name, pattern in ADDRESSES.items():
        if "GET" in pattern.callback.methods:
            response = console.get(address_of(name), QUERY_STRING=query)
            assert response.status_code < 500, name


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
