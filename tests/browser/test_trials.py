"""From a product to a first call and beyond, in a browser, with and without script."""

import re

import pytest
from playwright.sync_api import expect

from catalog.keys import new_key
from catalog.seeds import ECHO_DOCUMENT
from tests.browser.test_pages import faults_of
from tests.factories import ApiFactory, GatewayFactory, KeyFactory, ProductFactory
from tests.servers import free_port

KEY = re.compile(r"apim_(live|test)_[0-9A-Za-z_]{50}")


@pytest.fixture
def echo(db):
    return ApiFactory(
        name="Echo API",
        slug="echo",
        path_prefix="/echo",
        back_end="",
        openapi=ECHO_DOCUMENT.read_text(encoding="utf-8"),
    )


@pytest.fixture
def product(echo):
    return ProductFactory(name="Starter", slug="starter", apis=[echo])


@pytest.fixture
def key(ben, product):
    return KeyFactory(subscription__owner=ben, subscription__product=product)


def addresses_of(page):
    """Every address the page goes to or asks for from now on."""
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    return seen


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_from_the_product_to_the_first_call(open_browser, ben, product, theme, width):
    page = open_browser(ben, theme=theme, width=width)
    asked = addresses_of(page)
    page.goto("/products/")
    page.get_by_role("link", name="Starter").click()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Your keys")).to_be_visible()
    key = page.locator("code.copy-text").first.inner_text()
    assert KEY.fullmatch(key)
    done = page.get_by_role("link", name="Done")
    expect(done).to_be_hidden()

    page.get_by_role("button", name="Send it from here").click()
    answer = page.locator("#first-answer")
    expect(answer.get_by_role("heading", name="200 OK")).to_be_focused()
    expect(answer).to_contain_text(ben.email)
    # The page that shows the keys once is still there.
    expect(page.locator("code.copy-text").first).to_have_text(key)
    assert faults_of(page) == []

    page.get_by_label("I stored the keys").check()
    done.click()
    expect(page.get_by_role("heading", name="Your subscriptions")).to_be_visible()
    page.get_by_role("link", name="APIs of Starter").click()
    page.get_by_role("link", name="Echo API").click()
    page.get_by_role("link", name="Try GET /hello/{name}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Key (required)")).to_be_focused()
    page.keyboard.type(key)
    page.get_by_label("name (required)").fill("Ben")
    page.get_by_label("greeting").select_option("moin")
    page.get_by_label("X-Request-Id").press("Enter")
    answer = page.locator("#get-hello-name_answer")
    expect(answer.get_by_role("heading", name="200 OK")).to_be_focused()
    expect(answer).to_contain_text('"path": "/hello/Ben"')
    # The key stays typed, for the next call, and is nowhere else.
    expect(page.get_by_label("Key (required)")).to_have_value(key)
    assert key not in page.content().replace(f'value="{key}"', "")
    assert not [address for address in asked if key in address]
    assert faults_of(page) == []


def test_a_refusal_is_shown_in_its_place(open_browser, ben, key):
    page = open_browser(ben)
    page.goto("/apis/echo/")
    page.get_by_role("link", name="Try GET /hello/{name}").click()
    page.get_by_label("Key (required)").fill(new_key())
    page.get_by_role("button", name="Send the call").click()
    answer = page.locator("#get-hello-name_answer")
    expect(answer.get_by_role("heading", name="401 Unauthorized")).to_be_focused()
    expect(answer.get_by_role("link", name="See your subscriptions")).to_be_visible()

    page.get_by_label("name (required)").fill("../console")
    page.get_by_role("button", name="Send the call").click()
    refusal = answer.get_by_role("alert")
    expect(refusal).to_contain_text("could be read in two ways")
    expect(refusal).to_be_focused()
    refusal.get_by_role("link").click()
    expect(page.get_by_label("name (required)")).to_be_focused()
    assert faults_of(page) == []


def test_the_panel_closes_and_opens_with_what_was_typed(open_browser, ben, key):
    page = open_browser(ben)
    page.goto("/apis/echo/")
    opener = page.get_by_role("link", name="Try POST /")
    opener.click()
    body = page.get_by_label("Body")
    expect(body).to_have_value(re.compile('"hello": "harbour"'))
    expect(opener).to_have_attribute("aria-expanded", "true")
    body.fill('{"a": 1}')

    opener.click()
    expect(body).to_be_hidden()
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.click()
    expect(body).to_have_value('{"a": 1}')


def test_the_key_is_shown_on_demand(open_browser, ben, key):
    page = open_browser(ben)
    page.goto("/apis/echo/try/get/")
    field = page.get_by_label("Key (required)")
    field.fill(key.plaintext)
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "off")

    page.get_by_role("button", name="Show").click()

    expect(field).to_have_attribute("type", "text")


def test_too_many_calls_are_told_in_place(open_browser, ben, key, settings, watch):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"trial_call": "1/m/user"}
    page = open_browser(ben)
    page.goto("/apis/echo/try/get/")
    page.get_by_label("Key (required)").fill(key.plaintext)
    answer = page.locator("#get_answer")
    page.get_by_role("button", name="Send the call").click()
    expect(answer.get_by_role("heading", name="200 OK")).to_be_visible()

    page.get_by_role("button", name="Send the call").click()

    expect(answer.get_by_role("alert")).to_contain_text("Too many calls")


def test_without_script_the_page_answers(open_browser, ben, key):
    page = open_browser(ben, script=False)
    page.goto("/apis/echo/")
    page.get_by_role("link", name="Try GET /hello/{name}").click()
    page.get_by_label("Key (required)").fill(key.plaintext)
    page.get_by_role("button", name="Send the call").click()
    expect(page.get_by_role("heading", name="200 OK")).to_be_visible()
    expect(page.get_by_label("Key (required)")).to_have_value("")
    assert key.plaintext not in page.content()

    page.get_by_label("name (required)").fill("")
    page.get_by_role("button", name="Send the call").click()
    expect(page.get_by_role("alert")).to_contain_text("The call was not sent")
    page.get_by_role("link", name="Echo API").click()
    expect(page.locator("#get-hello-name")).to_be_visible()


def test_without_script_the_keys_stay_on_their_page(open_browser, ben, product):
    page = open_browser(ben, script=False)
    page.goto("/products/starter/")
    page.get_by_role("button", name="Subscribe").click()
    key = page.locator("code.copy-text").first.inner_text()

    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Send it from here").click()

    answer = opened.value
    expect(answer.get_by_role("heading", name="200 OK")).to_be_visible()
    assert key not in answer.content()
    assert key not in answer.url
    expect(page.locator("code.copy-text").first).to_have_text(key)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_cannot_be_reached_says_so(open_browser, ben, echo, product, theme):
    orders = ApiFactory(slug="orders", path_prefix="/orders", openapi=echo.openapi)
    product.apis.add(orders)
    page = open_browser(ben, theme=theme)
    page.goto("/apis/orders/try/get/")
    expect(page.get_by_text("Nobody has said yet where the gateway is")).to_be_visible()
    assert faults_of(page) == []

    GatewayFactory(public_address=f"http://127.0.0.1:{free_port()}")
    page.reload()
    page.get_by_label("Key (required)").fill(new_key())
    page.get_by_role("button", name="Send the call").click()

    expect(page.get_by_role("alert")).to_contain_text("did not take the connection")
    expect(page.get_by_text("curl -X GET http://127.0.0.1:")).to_be_visible()
    assert faults_of(page) == []
