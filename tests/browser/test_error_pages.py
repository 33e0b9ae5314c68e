"""The pages of errors look like the others, and a dialog says what its page would have said."""

from playwright.sync_api import expect

from accounts import actions
from base.errors import WORDS, error_page
from tests.browser.test_pages import look_at


def test_pages_of_errors(browser, live_server, monkeypatch):
    # Unwatched: a refused page logs itself as an error.
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    page = context.new_page()
    for status in WORDS:
        monkeypatch.setattr(
            "portal.home.help_views.render",
            lambda request, *args, status=status: error_page(request, status),
        )
        look_at(page, "/help/")
        assert page.locator("h1").inner_text() == str(WORDS[status][0])
    context.close()


def test_a_dialog_says_why_its_form_could_not_be_saved(open_browser, ada, monkeypatch):
    page = open_browser(ada)
    page.goto("/console/roles/")
    page.get_by_role("link", name="Add role").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    def full(**facts):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(actions, "create_role", full)
    dialog.get_by_label("Name").fill("Pilots")
    dialog.locator("button[type=submit]").last.click()

    alert = dialog.locator("[data-failure]")
    expect(alert).to_contain_text("This could not be saved. The service has no room left.")
    expect(dialog.get_by_label("Name")).to_have_value("Pilots")
