"""What the script adds, and what works without it. Dialogs: test_dialogs.py; axe: test_pages.py."""

from playwright.sync_api import expect

from catalog.models import Subscription
from tests.factories import PASSWORD, KeyFactory, SubscriptionFactory, UserFactory


def test_selecting_rows_counts_them(open_browser, ada):
    UserFactory.create_batch(2)
    page = open_browser(ada)
    page.goto("/console/developers/")
    rows = page.get_by_role("checkbox", name="Select ")
    bar = page.locator(".bulk-bar")
    expect(bar).to_be_hidden()

    page.locator("tbody input[name=selected]").first.check()
    expect(bar).to_contain_text("1 developer selected")
    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("3 developers selected")
    page.get_by_label("Select all on this page").uncheck()

    expect(bar).to_be_hidden()
    assert rows.count()


def test_the_bulk_bar_needs_no_script(open_browser, ada):
    page = open_browser(ada, script=False)
    page.goto("/console/developers/")

    page.locator("tbody input[name=selected]").first.check()

    expect(page.locator(".bulk-bar")).to_be_visible()


def test_the_first_tab_stop_skips_to_the_content(open_browser, ada):
    page = open_browser(ada)
    page.goto("/console/developers/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_the_sidebar_opens_on_a_phone_without_script(open_browser, ada):
    page = open_browser(ada, width=390, script=False)
    page.goto("/console/developers/")
    sidebar = page.locator("#sidebar")
    expect(sidebar).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    expect(sidebar).to_be_visible()
    page.keyboard.press("Escape")

    expect(sidebar).to_be_hidden()


def test_menus_close_on_escape_and_on_a_click_beside(open_browser, ada):
    page = open_browser(ada)
    page.goto("/console/developers/")
    menu = page.locator(".own-menu")
    summary = menu.locator("summary")

    summary.click()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    page.get_by_role("heading", level=1).click()

    expect(menu).not_to_have_attribute("open", "")


def test_a_password_is_shown_and_hidden(open_browser):
    page = open_browser()
    page.goto("/sign-in/")
    field = page.locator("[name=password]")
    field.fill(PASSWORD)

    page.get_by_role("button", name="Show Password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide Password").click()

    expect(field).to_have_attribute("type", "password")


def test_a_suggested_password_is_filled_in_and_shown(open_browser, ada, ben):
    page = open_browser(ada)
    page.goto(f"/console/developers/{ben.public_id}/password/")

    page.get_by_role("button", name="Suggest a password").click()

    field = page.locator("[name=password]")
    expect(field).to_have_attribute("type", "text")
    assert len(field.input_value()) >= 12


def test_the_theme_of_the_system_is_known_before_the_page_is_painted(browser, live_server):
    with browser.new_context(base_url=live_server.url, color_scheme="dark") as context:
        page = context.new_page()
        page.goto("/sign-in/")

        assert page.locator("html").get_attribute("data-bs-theme") == "dark"
        canvas = page.evaluate("getComputedStyle(document.body).colorScheme")
        assert canvas in {"light dark", "normal"}
        ground = page.evaluate(
            "getComputedStyle(document.querySelector('.portal-bar')).backgroundColor"
        )
        assert ground == "rgb(19, 27, 40)"


def test_a_list_prints_as_a_clean_table(open_browser, ada):
    page = open_browser(ada)
    page.goto("/console/developers/")

    page.emulate_media(media="print")

    expect(page.get_by_role("table")).to_be_visible()
    for gone in [
        "#sidebar",
        ".topbar",
        ".toolbar",
        ".cell-actions >> nth=0",
        ".cell-select >> nth=0",
    ]:
        expect(page.locator(gone).first).to_be_hidden()


def test_the_beginning_of_a_key_stays_in_one_line(open_browser, ada):
    # As wide as the page has room for: something has to give way, and it is not the key.
    KeyFactory(
        subscription__owner__email=f"ingrid.{'w' * 40}@atlasfreight.example",
        subscription__name="Warehouse synchronisation",
    )
    SubscriptionFactory(state=Subscription.State.SUBMITTED)
    page = open_browser(ada)
    page.goto("/console/subscriptions/")

    lines = page.locator("td code").evaluate("code => code.getClientRects().length")

    assert lines == 1
