"""The link and its QR code, handed over while no letter leaves."""

import re

import pytest

from invitations.actions import token_of
from invitations.models import Invitation
from tests.browser.test_pages import faults_of

NEW = "/console/invitations/new/"


@pytest.fixture(autouse=True)
def _mail_is_off(settings):
    settings.MAIL_IS_OFF = True


def fill(form):
    for name, value in {
        "first_name": "Tove",
        "last_name": "Jansen",
        "email": "tove@fjordline.example",
    }.items():
        form.locator(f"[name={name}]").fill(value)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_dialog_shows_the_link_and_its_code_in_place(open_browser, ada, theme):
    page = open_browser(ada, theme=theme)
    page.goto("/console/invitations/")
    page.get_by_role("link", name="Invite user").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_text("Mail is off, so nothing is sent.").wait_for()
    fill(dialog)
    dialog.get_by_role("button", name="Create link").click()

    code = dialog.get_by_role("img", name="The link as a QR code")
    code.wait_for()

    assert faults_of(page) == []
    box = code.bounding_box()
    assert box["width"] == box["height"] >= 160
    link = dialog.locator(".copy-text").inner_text()
    assert link.endswith(f"/invitations/{token_of(Invitation.objects.get())}/")
    assert dialog.get_by_role("button", name="Copy link").get_attribute("data-copy") == link
    dialog.get_by_role("link", name="Done").click()
    page.get_by_role("heading", name="Invitation of Tove Jansen").wait_for()
    assert page.locator(".qr-code").count() == 0
    page.get_by_role("button", name="Show link and QR code").click()
    page.locator("#link .qr-code").wait_for()
    assert faults_of(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_the_page_shows_them_on_a_phone_without_script_too(open_browser, ada, script):
    page = open_browser(ada, width=320, script=script)
    page.goto(NEW)
    form = page.locator("main form").last
    fill(form)
    form.get_by_role("button", name="Create link").click()

    page.get_by_role("img", name="The link as a QR code").wait_for()

    assert re.search(r"/invitations/[\w-]{43}/$", page.locator(".copy-text").inner_text())
    if script:
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0


def test_an_address_is_corrected_in_the_dialog(open_browser, ada, settings):
    settings.MAIL_IS_OFF = False
    page = open_browser(ada)
    page.goto(NEW)
    fill(page.locator("main form").last)
    page.get_by_role("button", name="Send invitation").click()
    page.get_by_role("link", name="Correct the address").first.click()
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=email]").fill("nobody")
    dialog.get_by_role("button", name="Correct and send").click()
    dialog.locator("[role=alert]").wait_for()
    assert faults_of(page) == []
    dialog.locator("[name=email]").fill("tove.jansen@fjordline.example")
    dialog.get_by_role("button", name="Correct and send").click()

    page.get_by_text("goes to tove.jansen@fjordline.example now").wait_for()

    assert Invitation.objects.get().email == "tove.jansen@fjordline.example"
