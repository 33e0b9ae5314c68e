"""What every page of the portal keeps: status, armour, one title, nothing inline."""

import re

import pytest
from django.test import Client

from tests.factories import PASSWORD, InvitationFactory
from tests.portal.pages import attempt, invitation_link

pytestmark = pytest.mark.django_db

FOR_VISITORS = [
    "/sign-in/",
    "/password/reset/",
    "/password/reset/sent/",
    "/password/reset/done/",
    "/help/",
]
FOR_USERS = [
    "/",
    "/profile/",
    "/profile/password/",
    "/sign-out/",
    "/sign-in/again/",
    "/help/",
]


def keeps_the_rules(response) -> None:
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "camera=()" in response["Permissions-Policy"]
    page = response.content.decode()
    assert page.count("<h1") == 1
    assert re.search(r"<title>\s*\S", page)
    assert " style=" not in page
    assert not re.search(r"\son[a-z]+=", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("address", FOR_VISITORS)
def test_page_for_visitors(address):
    response = Client().get(address)

    assert response.status_code == 200
    keeps_the_rules(response)


@pytest.mark.parametrize("address", FOR_USERS)
def test_page_for_users(portal, address):
    response = portal.get(address)

    assert response.status_code == 200
    keeps_the_rules(response)
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize("address", ["/", "/profile/", "/profile/password/", "/sign-in/again/"])
def test_page_for_users_leads_visitors_to_sign_in_and_back(address):
    response = Client().get(address, follow=True)

    assert response.redirect_chain[0][0].startswith("/sign-in/?next=/")
    assert f'name="next" value="{address}"' in response.content.decode()


def test_pages_of_an_invitation(ada):
    link = invitation_link(InvitationFactory(sender=ada))
    for address in (link, f"{link}decline/", "/invitations/nonsense/"):
        keeps_the_rules(Client().get(address))


def test_home_shows_administrators_the_way_to_the_console(console, portal):
    assert "Open the management console" in console.get("/").content.decode()
    assert "Open the management console" not in portal.get("/").content.decode()


def test_home_tells_of_the_sign_in_before(portal, ben):
    assert "The time before" not in portal.get("/").content.decode()

    attempt(ben.email, PASSWORD, address="192.0.2.7")

    page = portal.get("/").content.decode()
    assert "The time before" in page
    assert "192.0.2.7" in page


def test_help_tells_administrators_where_to_begin(console, portal):
    page = console.get("/help/").content.decode()

    for words in ["For administrators", "operating.md", 'href="/console/access/"']:
        assert words in page
    assert "For administrators" not in portal.get("/help/").content.decode()
    assert "For administrators" not in Client().get("/help/").content.decode()


def test_the_old_name_of_the_icon_leads_to_it():
    assert Client().get("/favicon.ico")["Location"] == "/static/favicon.svg"
