"""A form that was open while a colleague saved, in a dialog and as a page without script."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.actions import edit_user
from catalog.actions import edit_product
from tests.factories import ProductFactory


def test_a_dialog_shows_what_a_colleague_saved_and_saves_again(open_browser, ada, ben, nadia):
    page = open_browser(ada)
    page.goto(reverse("console:developer-detail", args=[ben.public_id]))
    page.get_by_role("link", name="Edit details").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    edit_user(user=ben, first_name="Ana", last_name="Berg", by=nadia)

    dialog.get_by_label("First name").fill("Anna")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog.get_by_role("alert")).to_contain_text("Nadia Holm changed this to “Ana” on ")
    expect(dialog.get_by_label("First name")).to_have_value("Anna")
    # Only the colleague changed it.
    expect(dialog.get_by_label("Last name")).to_have_value("Berg")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The details of Anna Berg were saved.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_without_script_compares_long_texts(open_browser, ada, nadia, width):
    product = ProductFactory(name="Starter", terms="Use it fairly.\nPay monthly.")
    page = open_browser(ada, script=False, width=width)
    page.goto(reverse("console:product-edit", args=[product.public_id]))
    edit_product(product=product, terms="Use it fairly.\nPay yearly.", by=nadia)

    page.get_by_label("Terms").fill("Use it kindly.\nPay monthly.")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("Nadia Holm changed this text on ")
    compared = page.get_by_role("group", name="Difference")
    expect(compared.locator("del").filter(has_text="yearly")).to_be_visible()
    expect(compared.locator("ins").filter(has_text="kindly")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(f"/{product.public_id}/$"))
    product.refresh_from_db()
    assert product.terms.split() == ["Use", "it", "kindly.", "Pay", "monthly."]
