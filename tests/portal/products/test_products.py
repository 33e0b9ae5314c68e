"""Products as visitors and developers see them, and subscribing."""

import html
import re
import shlex
from uuid import uuid4

import pytest

from accounts.models import Role
from catalog.models import Key, Subscription
from catalog.seeds import ECHO_DOCUMENT
from mail.models import Message
from tests.conftest import sign_in
from tests.factories import (
    ApiFactory,
    GatewayFactory,
    KeyFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.portal.apis.test_apis import HOSTILE

pytestmark = pytest.mark.django_db


def keys_in(response):
    page = response.content.decode()
    return {part.split("<")[0] for part in page.split('<code class="copy-text">')[1:]}


def subscribe(client, product, **facts):
    given = {"number": str(uuid4()), "name": "Route planner"}
    return client.post(f"/products/{product.slug}/subscribe/", given | facts)


def test_visitors_see_the_products_of_guests_only(client):
    ProductFactory(name="For everybody", roles=[Role.objects.get(built_in="guests")])
    ProductFactory(name="For developers")

    page = client.get("/products/").content.decode()

    assert "For everybody" in page
    assert "For developers" not in page


def test_visitors_are_told_when_there_is_nothing(client):
    assert "Nothing to see without an account" in client.get("/products/").content.decode()


def test_developers_are_told_when_there_is_nothing(portal):
    assert "No product for you yet" in portal.get("/products/").content.decode()


def test_a_product_of_another_role_is_nowhere(portal):
    hidden = ProductFactory(name="Secret plans", slug="secret", roles=[RoleFactory()])
    unpublished = ProductFactory(name="Not yet", slug="not-yet", unpublished=True)

    assert "Secret plans" not in portal.get("/products/").content.decode()
    for product in [hidden, unpublished]:
        assert portal.get(f"/products/{product.slug}/").status_code == 404
        assert subscribe(portal, product).status_code == 404
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_queries_for_any_number(
    portal, ben, number, django_assert_num_queries
):
    for product in ProductFactory.create_batch(number, apis=[ApiFactory()]):
        SubscriptionFactory(owner=ben, product=product)

    with django_assert_num_queries(7):
        page = portal.get("/products/").content.decode()

    assert page.count("you have 1 subscription") == number


def test_visitors_are_led_to_sign_in_and_back(client):
    product = ProductFactory(roles=[Role.objects.get(built_in="guests")])

    page = client.get(f"/products/{product.slug}/").content.decode()

    assert f"/sign-in/?next=/products/{product.slug}/" in page
    assert 'name="number"' not in page


def test_subscribing_shows_both_keys_this_once(portal, ben):
    product = ProductFactory(apis=[ApiFactory(path_prefix="/echo", back_end="")])

    answer = subscribe(portal, product)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    shown = keys_in(answer)
    assert len(shown) == 2
    page = answer.content.decode()
    assert "curl -H" in page
    assert "http://127.0.0.1:8000/echo" in page
    later = portal.get("/subscriptions/").content.decode()
    for key in shown:
        assert key not in later
        assert key not in str(dict(portal.session))
        assert key[:18] in later


def test_the_fresh_key_is_tried_by_a_form_and_stands_in_no_address(portal):
    echo = ApiFactory(
        slug="echo", path_prefix="/echo", back_end="", openapi=ECHO_DOCUMENT.read_text("utf-8")
    )
    page = subscribe(portal, ProductFactory(apis=[echo])).content.decode()

    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    form = page[: page.index(f'value="{key}"')].rpartition("<form")[2]
    assert 'action="/apis/echo/try/get/"' in form
    assert 'target="_blank"' in form
    for address in re.findall(r'(?:href|action|hx-post)="([^"]*)"', page):
        assert key not in address
    assert f"{key}&quot; http://127.0.0.1:8000/echo/" in page.replace('"', "&quot;")


def test_without_a_simple_operation_there_is_a_curl_line_and_no_form(portal):
    document = ECHO_DOCUMENT.read_text("utf-8").replace("    get:", "    put:")
    api = ApiFactory(slug="echo", path_prefix="/echo", back_end="", openapi=document)

    page = subscribe(portal, ProductFactory(apis=[api])).content.decode()

    assert "http://127.0.0.1:8000/echo" in page
    assert 'name="key"' not in page


def test_the_first_call_is_one_that_an_operation_answers(portal):
    GatewayFactory(public_address="https://api.example.org")
    bare = ApiFactory(name="A", path_prefix="/bare", back_end="http://a.example")
    told = ApiFactory(
        name="B",
        path_prefix="/told",
        back_end="http://b.example",
        openapi=ECHO_DOCUMENT.read_text("utf-8").replace("  /:", "  /first:"),
    )

    page = subscribe(portal, ProductFactory(apis=[bare, told])).content.decode()
    alone = subscribe(portal, ProductFactory(apis=[bare])).content.decode()

    assert "https://api.example.org/told/first" in page
    assert "https://api.example.org/bare" in alone


def test_without_any_address_there_is_no_first_call(portal):
    page = subscribe(portal, ProductFactory(apis=[ApiFactory()])).content.decode()

    assert "A first call" not in page


def test_a_hostile_path_cannot_put_words_into_the_curl_line(portal):
    document = (
        HOSTILE.replace("post:", "get:").replace("{id}", "$(id)").partition("    parameters:")
    )
    rest = document[2][document[2].index("    get:") :]
    api = ApiFactory(slug="echo", path_prefix="/echo", back_end="", openapi=document[0] + rest)

    page = html.unescape(subscribe(portal, ProductFactory(apis=[api])).content.decode())

    [line] = re.findall(r'<code id="first-call-line">(.*?)</code>', page, re.DOTALL)
    words = shlex.split(line)
    assert len(words) == 4
    assert words[3].startswith("http://127.0.0.1:8000/echo/a'; rm -rf $HOME #$(id)")


def test_a_form_sent_twice_subscribes_once_and_shows_no_key_again(portal):
    product = ProductFactory()
    number = str(uuid4())

    first = subscribe(portal, product, number=number)
    second = subscribe(portal, product, number=number)

    assert len(keys_in(first)) == 2
    assert keys_in(second) == set()
    assert "This form was sent before" in second.content.decode()
    assert Subscription.objects.count() == 1


def test_with_approval_there_are_no_keys_yet(portal):
    answer = subscribe(portal, ProductFactory(approval_needed=True))

    assert "Your request waits for a decision" in answer.content.decode()
    assert not Key.objects.exists()


def test_terms_are_shown_and_must_be_accepted(portal):
    product = ProductFactory(terms="Be kind.\n<script>alert(1)</script>")

    page = portal.get(f"/products/{product.slug}/").content.decode()
    refused = subscribe(portal, product, name="Mine")
    accepted = subscribe(portal, product, terms_accepted="on")

    assert "&lt;script&gt;alert(1)" in page
    assert refused.status_code == 422
    assert "Accept the terms." in refused.content.decode()
    assert 'value="Mine"' in refused.content.decode()
    assert accepted.status_code == 200


def test_the_limit_is_told_before_the_form(portal, ben):
    product = ProductFactory(subscription_limit=1)
    SubscriptionFactory(owner=ben, product=product)

    page = portal.get(f"/products/{product.slug}/").content.decode()
    forced = subscribe(portal, product)

    assert "allows 1 subscription for each developer" in page
    assert 'name="number"' not in page
    assert forced.status_code == 422


def test_a_suspension_is_told_before_the_form(portal, ben):
    product = ProductFactory()
    SubscriptionFactory(owner=ben, product=product, state="suspended")

    page = portal.get(f"/products/{product.slug}/").content.decode()
    forced = subscribe(portal, product)

    assert "An administrator suspended your subscription" in page
    assert 'name="number"' not in page
    assert forced.status_code == 422
    assert Subscription.objects.count() == 1


def test_a_person_subscribes_twenty_times_an_hour(portal, ada):
    product = ProductFactory(approval_needed=True)
    for _time in range(20):
        assert subscribe(portal, product).status_code == 200

    refused = subscribe(portal, product)

    assert refused.status_code == 429
    assert 3000 < int(refused["Retry-After"]) <= 3600
    assert "Too many subscriptions" in refused.content.decode()
    assert Subscription.objects.count() == Message.objects.count() == 20


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 101), ("name", "a\0b"), ("number", "no uuid"), ("number", "")],
)
def test_bad_input_is_refused_with_the_form(portal, field, value):
    assert subscribe(portal, ProductFactory(), **{field: value}).status_code == 422
    assert not Subscription.objects.exists()


def test_a_get_of_the_form_shows_the_product(portal):
    product = ProductFactory()

    assert portal.get(f"/products/{product.slug}/subscribe/").status_code == 200


def test_somebody_with_the_role_sees_it(client):
    partners = RoleFactory()
    product = ProductFactory(roles=[partners])
    browser = sign_in(UserFactory(roles=[partners]))

    assert browser.get(f"/products/{product.slug}/").status_code == 200


def test_home_leads_to_the_first_key_and_then_to_the_keys(portal, ben):
    assert "See the products" in portal.get("/").content.decode()
    subscription = SubscriptionFactory(owner=ben)
    assert "Yours, and without keys so far:" in portal.get("/").content.decode()
    KeyFactory(subscription=subscription)

    page = " ".join(portal.get("/").content.decode().split())
    assert "You have 1 subscription. Its page has the keys" in page
