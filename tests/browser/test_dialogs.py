"""Every dialog by keyboard alone, and as a page without script."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Session, User
from invitations.models import Invitation
from tests.factories import (
    PASSWORD,
    InvitationFactory,
    InviteLinkFactory,
    KeyFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)


def focused(page) -> str:
    return page.evaluate("document.activeElement.outerHTML")


def test_invite_by_keyboard(open_browser, ada):
    page = open_browser(ada)
    page.goto("/console/developers/")

    opener = page.get_by_role("link", name="Invite user")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert 'name="first_name"' in focused(page)

    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert "Invite user" in focused(page)

    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.type("Sofia")
    page.keyboard.press("Tab")
    page.keyboard.type("Brandt")
    dialog.get_by_label("Email address").focus()
    page.keyboard.type("nope")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_label("First name")).to_have_value("Sofia")

    dialog.get_by_label("Email address").fill("sofia@kelpworks.example")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/invitations/*/")
    assert Invitation.objects.get().email == "sofia@kelpworks.example"


def test_block_and_undo_by_keyboard(open_browser, ada, ben):
    page = open_browser(ada)
    page.goto("/console/developers/")

    page.get_by_role("link", name="Block Ben Okafor").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.type("Left the company")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ben Okafor is blocked.")).to_be_visible()
    ben.refresh_from_db()
    assert ben.block_reason == "Left the company"

    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ben Okafor is active again.")).to_be_visible()
    ben.refresh_from_db()
    assert ben.is_active


@pytest.mark.parametrize(
    ("start", "path"),
    [
        ("developers/", "add/"),
        ("developers/{ben}/", "edit/"),
        ("developers/{ben}/", "block/"),
        ("developers/{ben}/", "roles/"),
        ("developers/{ben}/", "note/"),
        ("developers/{ben}/", "password/"),
        ("developers/{ben}/", "delete/"),
        ("invitations/", "resend/"),
        ("invitations/", "revoke/"),
        ("invitations/{invitation}/", "resend/"),
        ("invitations/{invitation}/", "revoke/"),
        ("invitations/links/", "new/"),
        ("invitations/links/", "off/"),
        ("invitations/links/{link}/", "edit/"),
        ("invitations/links/{link}/", "renew/"),
        ("invitations/links/{link}/", "delete/"),
        ("roles/", "new/"),
        ("roles/{role}/", "edit/"),
        ("roles/{role}/", "delete/"),
        ("subscriptions/", "suspend/"),
        ("subscriptions/", "cancel/"),
        ("developers/{ben}/subscriptions/", "end/"),
        ("developers/{ben}/keys/", "expiry/"),
        ("developers/{ben}/keys/", "test/"),
    ],
)
def test_every_dialog_opens_takes_focus_and_gives_it_back(open_browser, ada, ben, start, path):
    known = {
        "ben": ben.public_id,
        "invitation": InvitationFactory(sender=ada).public_id,
        "link": InviteLinkFactory(sender=ada).public_id,
        "role": RoleFactory(name="Pilots").public_id,
    }
    KeyFactory(subscription__owner=ben)
    page = open_browser(ada)
    page.goto(f"/console/{start.format(**known)}")

    opener = page.locator(f"main a[data-dialog][href*='/{path}']").first
    menu = page.locator("details.menu", has=page.locator(f"a[data-dialog][href*='/{path}']"))
    if menu.count():
        menu.first.locator("summary").focus()
        page.keyboard.press("Enter")
    opener.focus()
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert path in focused(page)


def test_search_filters_as_one_types_and_keeps_the_address(open_browser, ada, ben):
    page = open_browser(ada)
    page.goto("/console/developers/")

    page.keyboard.press("/")
    page.keyboard.type("okaf")

    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_hidden()
    expect(page.get_by_role("link", name="Ben Okafor", exact=True)).to_be_visible()
    page.wait_for_url("**q=okaf**")
    assert 'name="q"' in focused(page)


def test_subscriptions_are_filtered_as_one_types_and_rejected_without_script(
    open_browser, ada, ben
):
    SubscriptionFactory(owner=ben, name="Planner", state="submitted")
    SubscriptionFactory(owner=UserFactory(), name="Another", state="submitted")
    page = open_browser(ada)
    page.goto("/console/subscriptions/?state=submitted")
    page.get_by_role("searchbox").fill("planner")
    expect(page.get_by_text("Another")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"state=submitted&q=planner|q=planner&state=submitted"))

    page = open_browser(ada, script=False)
    page.goto("/console/subscriptions/?q=planner")
    page.locator("tbody input[name=selected]").check()
    page.get_by_role("button", name="Reject").click()
    page.get_by_label("Reason").fill("Say what it is for")
    page.get_by_role("button", name="Reject 1 request").click()

    expect(page.get_by_text("1 request rejected.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=planner$"))


def test_the_whole_way_without_script(open_browser, ada, ben):
    page = open_browser(ada, script=False)

    page.goto("/console/developers/")
    page.get_by_label("Search").fill("okafor")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Block Ben Okafor").click()
    page.get_by_role("button", name="Block developer").click()
    assert User.objects.blocked().get() == ben

    page.goto("/console/developers/add/")
    page.get_by_label("Set a password now").check()
    page.get_by_label("Email address").fill("hana@quarry.example")
    page.get_by_label("First name").fill("Hana")
    page.get_by_label("Last name").fill("Tanaka")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Hana Tanaka was added and can sign in now.")).to_be_visible()


def test_the_theme_is_kept(open_browser, ben):
    page = open_browser(ben, script=False)
    page.goto("/")

    page.locator("details.menu summary").first.click()
    page.get_by_role("button", name="Dark").click()

    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.goto("/profile/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_another_theme_keeps_a_key_that_is_shown_once(open_browser, ben):
    key = KeyFactory(subscription__owner=ben)
    page = open_browser(ben)
    page.goto(f"/subscriptions/{key.subscription.public_id}/keys/{key.public_id}/regenerate/")
    page.get_by_role("button", name="Regenerate").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Your new key")
    shown = page.locator("main").inner_text()

    page.locator("details.own-menu summary").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()

    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    expect(heading).to_have_text("Your new key")
    assert page.locator("main").inner_text() == shown
    page.goto("/profile/")
    expect(root).to_have_attribute("data-theme", "dark")


def test_without_script_no_theme_is_offered_where_going_back_loses_a_key(open_browser, ben):
    key = KeyFactory(subscription__owner=ben)
    page = open_browser(ben, script=False)
    page.goto(f"/subscriptions/{key.subscription.public_id}/keys/{key.public_id}/regenerate/")
    page.locator("details.own-menu summary").click()
    expect(page.get_by_role("button", name="Dark")).to_be_visible()

    page.get_by_role("button", name="Regenerate").click()

    page.locator("details.own-menu summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()


def test_a_button_pressed_after_the_session_leads_back_to_its_page(open_browser, ada, ben):
    page = open_browser(ada)
    page.goto("/console/developers/?q=okafor")
    page.get_by_label("Select Ben Okafor").check()
    Session.objects.all().delete()
    page.locator("#bulk").get_by_role("button", name="Block").click()

    expect(page.get_by_text("You were signed out; nothing was done.")).to_be_visible()
    page.get_by_label("Email address").fill(ada.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url("**/console/developers/?q=okafor")
    assert not User.objects.blocked().exists()
