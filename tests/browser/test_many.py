"""Many at once in a browser: chips while one types, an import that is watched; both without script."""

import pytest
from playwright.sync_api import expect

from imports.jobs import process_due
from imports.models import Import
from invitations.models import Invitation
from tests.browser.test_pages import faults_of
from tests.factories import InvitationFactory

SEVERAL = "/console/invitations/several/"


@pytest.fixture
def omar(ada):
    return InvitationFactory(sender=ada, email="omar@quarry.example")


def focused(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_chips_follow_what_is_typed_and_go_by_keyboard(open_browser, ada, ben, omar):
    page = open_browser(ada)
    page.goto("/console/invitations/")
    page.get_by_role("link", name="Invite several").click()
    box = page.get_by_label("Email addresses")

    box.fill("Sofia <sofia@kelpworks.example>, ben@example.org, omar@quarry.example, nope")
    chips = page.get_by_role("list", name="Addresses").get_by_role("listitem")
    expect(chips).to_have_count(4)
    expect(page.get_by_role("status").filter(has_text="1 new")).to_be_visible()
    expect(page.get_by_role("button", name="Send 1 invitation")).to_be_visible()
    expect(box).to_be_focused()
    assert faults_of(page) == []
    box.press_sequentially("\neva@kelpworks.example")
    expect(page.get_by_role("button", name="Send 2 invitations")).to_be_visible()

    page.get_by_role("button", name="Remove nope").focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_count(4)
    assert focused(page) == "Remove eva@kelpworks.example"
    page.keyboard.press("Enter")
    expect(chips).to_have_count(3)
    expect(page.get_by_role("button", name="Remove omar@quarry.example")).to_be_focused()
    expect(box).to_have_value(
        "Sofia <sofia@kelpworks.example>\nben@example.org\nomar@quarry.example"
    )

    page.get_by_role("button", name="Send 1 invitation").click()
    expect(page.get_by_text("1 invitation is on its way.")).to_be_visible()
    expect(box).to_have_value("ben@example.org\nomar@quarry.example")
    assert Invitation.objects.count() == 2


def test_several_without_script(open_browser, ada, omar):
    page = open_browser(ada, script=False)
    page.goto(SEVERAL)
    page.get_by_label("Email addresses").fill("sofia@kelpworks.example omar@quarry.example nope")

    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("already invited on")).to_be_visible()
    page.get_by_role("button", name="Remove nope").click()
    expect(page.get_by_label("Email addresses")).to_have_value(
        "sofia@kelpworks.example\nomar@quarry.example"
    )
    page.get_by_role("button", name="Send 1 invitation").click()

    expect(page.get_by_text("1 address stays in the box")).to_be_visible()
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize("script", [True, False])
def test_a_file_becomes_invitations(open_browser, ada, ben, tmp_path, script):
    file = tmp_path / "people.csv"
    file.write_text("E-Mail;Vorname;Nachname\nsofia@kelpworks.example;Sofia;Brandt\nnope;No;Pe\n")
    page = open_browser(ada, script=script)
    page.goto("/console/imports/")
    page.get_by_role("link", name="Import from a file").first.click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the lines").click()
    expect(page.get_by_text("Enter a valid email address")).to_be_visible()

    page.get_by_role("link", name="Mend line 3").click()
    page.get_by_label("Email address").fill("eva@kelpworks.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Invite 2 people").click()
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.get_by_text("0 of 2 rows are done.")).to_be_visible()
    assert Invitation.objects.count() == 0
    process_due()

    if not script:
        page.get_by_role("link", name="Reload to see how far it is.").click()
    expect(page.get_by_text("2 people were invited.")).to_be_visible()
    assert Import.objects.get().state == Import.State.FINISHED
    assert Invitation.objects.count() == 2


def test_a_watched_page_stops_asking_at_the_end(open_browser, ada, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("Email\nsofia@kelpworks.example\n")
    page = open_browser(ada)
    page.goto("/console/imports/new/")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the lines").click()
    page.get_by_role("link", name="Invite 1 person").click()
    asked = []
    # What the page itself asks again; browsers fetch an icon when they like.
    page.on("request", lambda request: "/imports/" in request.url and asked.append(request.url))
    page.get_by_role("button", name="Invite 1 person").click()
    expect(page.get_by_text("0 of 1 rows are done.")).to_be_visible()
    process_due()
    expect(page.get_by_text("1 person was invited.")).to_be_visible()

    asked.clear()
    page.wait_for_timeout(2500)
    assert asked == []


def test_the_mended_row_gives_focus_back_and_problems_can_be_left_out(open_browser, ada, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("Email\nsofia@kelpworks.example\nnope\nnope too\n")
    page = open_browser(ada)
    page.goto("/console/imports/new/")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the lines").click()

    opener = page.get_by_role("link", name="Mend line 3")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_label("Email address")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.get_by_label("Select line 3").check()
    expect(page.locator(".bulk-bar")).to_contain_text("1 row selected")
    page.get_by_role("button", name="Leave out 2 rows with problems").click()

    expect(page.get_by_text("2 rows are left out.")).to_be_visible()
