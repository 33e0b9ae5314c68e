"""From the invitation with a package to the first call, and nobody in between."""

import re

import pytest
import requests

from catalog.models import Subscription
from invitations.actions import token_of
from invitations.models import Invitation
from tests.browser.test_pages import faults_of
from tests.factories import (
    ApiFactory,
    InvitationFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
)
from tests.portal.pages import NEW_PASSWORD
from tests.servers import our_server


@pytest.fixture
def package():
    partners = RoleFactory(name="Partners")
    echo = ApiFactory(name="Echo API", slug="echo", path_prefix="/echo", back_end="")
    starter = ProductFactory(name="Starter", apis=[echo], roles=[partners], approval_needed=True)
    freight = ProductFactory(name="Freight", apis=[ApiFactory()], terms="Be kind.")
    return PackageFactory(
        name="Partner start",
        welcome="Start with Echo.\n\nThen write to us.",
        roles=[partners],
        products=[starter, freight],
    )


def call(address, key):
    session = requests.Session()
    session.trust_env = False
    headers = {"Ocp-Apim-Subscription-Key": key}
    return session.get(f"{address}/echo/hello", headers=headers, timeout=10)


def test_invited_accepted_and_calling(open_browser, ada, package, deliver, tmp_path):
    console = open_browser(ada)
    console.goto("/console/invitations/")
    console.get_by_role("link", name="Invite user").first.click()
    dialog = console.locator("dialog[open]")
    dialog.get_by_label("First name").fill("Sofia")
    dialog.get_by_label("Last name").fill("Brandt")
    dialog.get_by_label("Email address").fill("sofia@kelpworks.example")
    dialog.get_by_label("Access package (optional)").select_option(str(package.public_id))
    dialog.get_by_role("button", name="Send invitation").click()
    console.wait_for_selector("h1:has-text('Invitation of Sofia Brandt')")
    assert "Role Partners, subscriptions to Freight and Starter" in console.inner_text("main")

    [letter] = deliver()
    link = re.search(r"https?://\S+/invitations/[\w-]{43}/", letter.body)[0]
    page = open_browser(width=390)
    page.goto(link)
    page.get_by_label("Choose a password").fill(NEW_PASSWORD)
    page.get_by_label("I accept the terms of Freight").check()
    page.get_by_role("button", name="Activate account").click()
    page.wait_for_selector("h1:has-text('Welcome, Sofia')")

    assert "Then write to us." in page.inner_text("main")
    curl = page.locator("pre").first.inner_text()
    key = re.search(r"apim_live_\w{50}", curl)[0]
    assert curl.endswith("/echo")
    way_on = page.get_by_role("link", name="Go to the portal")
    assert not way_on.is_visible()
    page.get_by_label("I stored the keys").check()
    way_on.click()
    page.wait_for_url("**/")
    assert "You have 2 subscriptions." in page.inner_text("main")

    with our_server(tmp_path / "log", application="apim.wsgi:application") as (address, _process):
        answer = call(address, key)
    assert answer.status_code == 200
    assert answer.json()["headers"]["X-User-Email"] == "sofia@kelpworks.example"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_page_fits_a_phone_and_everybody(open_browser, ada, package, theme):
    package.products.add(ProductFactory(name="Later", unpublished=True))
    page = open_browser(theme=theme)
    page.goto(f"/invitations/{token_of(InvitationFactory(sender=ada, package=package))}/")
    page.get_by_label("Choose a password").fill(NEW_PASSWORD)
    page.get_by_label("I accept the terms of Freight").check()
    page.get_by_role("button", name="Activate account").click()
    page.wait_for_selector("text=Not part of it yet")

    assert faults_of(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def test_a_reload_loses_nobody(open_browser, live_server, ada, package):
    """Without script too: the form itself is sent again."""
    invitation = InvitationFactory(sender=ada, package=package)
    page = open_browser(script=False)
    page.goto(f"/invitations/{token_of(invitation)}/")
    page.get_by_label("Choose a password").fill(NEW_PASSWORD)
    page.get_by_label("I accept the terms of Freight").check()
    page.get_by_role("button", name="Activate account").click()
    assert page.title().startswith("Welcome")

    page.reload()

    assert page.url == f"{live_server.url}/"
    assert "Your account at" in page.inner_text("main")
    assert Invitation.objects.get().user is not None
    assert Subscription.objects.count() == 2
