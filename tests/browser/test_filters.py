"""The filters of a list: live where there is script, and dates that can be typed."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import faults_in_both_themes
from tests.factories import UserFactory

# Day, month and year in the order of the browser's language, which is American here.
TYPED = "01022026"


def panel_of(page):
    page.locator(".filter-menu > summary").click()
    return page.locator(".filter-panel")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_panel_stays_in_the_page_and_narrows_the_list_as_it_is_changed(
    open_browser, ada, width
):
    UserFactory(first_name="Dormant", last_seen_at=None)
    page = open_browser(ada, width=width)
    page.goto("/console/developers/")

    panel_of(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert not faults_in_both_themes(page)
    page.get_by_label("Last seen", exact=True).select_option("never")

    expect(page).to_have_url(re.compile(r"\?seen=never$"))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#filter-count")).to_contain_text("1")


@pytest.mark.parametrize(
    ("address", "field"),
    [("/console/developers/", "registered_since"), ("/console/activity/", "since")],
)
def test_a_date_is_typed_to_its_end_before_it_counts(open_browser, ada, address, field):
    page = open_browser(ada)
    page.goto(address)
    if "developers" in address:
        panel_of(page)
    box = page.locator(f"[name={field}]")

    # The first digit of the year makes a valid date of the year 2.
    box.press_sequentially(TYPED[:5])
    page.wait_for_timeout(400)
    expect(page).to_have_url(re.compile(rf"{address}$"))
    page.keyboard.type(TYPED[5:])
    expect(box).to_have_value("2026-01-02")
    page.keyboard.press("Shift+Tab")
    page.locator("h1").click()

    expect(page).to_have_url(re.compile(rf"\?.*{field}=2026-01-02"))


def test_filters_work_without_script(open_browser, ada):
    UserFactory(first_name="Dormant", last_seen_at=None)
    page = open_browser(ada, script=False)
    page.goto("/console/developers/")

    panel = panel_of(page)
    page.get_by_label("Last seen", exact=True).select_option("never")
    panel.get_by_role("button", name="Apply").click()

    expect(page.locator("tbody tr")).to_have_count(1)
