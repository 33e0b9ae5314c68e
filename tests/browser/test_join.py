"""From the administrator's dialog over a poster and a letter to the portal, in real browsers."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from invitations.models import Invitation, InviteLink
from tests.factories import RoleFactory
from tests.journeys.test_portal_journeys import link_in

PASSWORD = "seven quiet otters"


@pytest.mark.parametrize("script", [True, False])
def test_people_join_through_a_link(open_browser, ada, deliver, script):
    RoleFactory(name="Pilots")
    console = open_browser(ada, script=script)
    console.goto("/console/invitations/")
    console.locator("summary[aria-label='More ways to invite']").click()
    console.get_by_role("link", name="Invite links").click()
    console.get_by_role("link", name="New link").first.click()
    form = console.get_by_role("dialog") if script else console.locator("main")
    form.get_by_label("Name").fill("Harbour day")
    form.get_by_label("People at most").fill("1")
    form.get_by_label("Only addresses at").fill("example.org")
    form.get_by_label("Pilots").check()
    form.get_by_role("button", name="Create link").click()
    expect(console.get_by_role("heading", name="Harbour day")).to_be_visible()
    console.get_by_role("button", name="Show link").click()
    address = console.locator(".copy-text").inner_text()

    # Omar's address is of another organisation, Sofia's is not.
    visitor = open_browser(script=script, width=390)
    visitor.goto(address)
    expect(visitor.get_by_text("It must be at example.org.")).to_be_visible()
    visitor.get_by_label("Email address").fill("omar@quarry.example")
    visitor.get_by_label("First name").fill("Omar")
    visitor.get_by_label("Last name").fill("Clarke")
    visitor.get_by_role("button", name="Send me the letter").click()
    expect(visitor.get_by_role("alert")).to_contain_text(
        "This link is for addresses at example.org"
    )
    visitor.get_by_label("Email address").fill("sofia@example.org")
    visitor.get_by_label("First name").fill("Sofia")
    visitor.get_by_role("button", name="Send me the letter").click()
    expect(visitor.get_by_role("heading", name="Look into your mailbox.")).to_be_visible()
    assert User.objects.by_address("sofia@example.org") is None

    [letter] = deliver()
    visitor.goto(link_in(letter, "/invitations/"))
    visitor.locator("[name=password]").fill(PASSWORD)
    visitor.get_by_role("button", name="Activate account").click()
    expect(visitor.get_by_text("Your account is active.")).to_be_visible()
    sofia = User.objects.by_address("sofia@example.org")
    assert {role.name for role in sofia.roles.all()} == {"Developers", "Pilots"}
    assert InviteLink.objects.get().used == 1

    console.reload()
    expect(console.get_by_text("1 of 1 place taken")).to_be_visible()
    expect(console.get_by_role("link", name=sofia.full_name)).to_be_visible()
    assert Invitation.objects.get().user == sofia


def test_copying_a_link_says_so(open_browser, ada):
    page = open_browser(ada)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/console/invitations/links/new/")
    page.get_by_label("Name").fill("Harbour day")
    page.get_by_role("button", name="Create link").click()
    page.get_by_role("button", name="Show link").click()
    page.get_by_role("button", name="Copy link").click()

    expect(page.locator("#announcer")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".copy-text").inner_text()
