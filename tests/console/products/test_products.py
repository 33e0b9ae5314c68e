"""The console's pages of APIs and products."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from catalog.models import Api, Product
from gateway.models import CallCount
from tests.factories import ApiFactory, KeyFactory, ProductFactory, RoleFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db
API = {
    "name": "Orders",
    "path_prefix": "/orders",
    "back_end": "http://orders.example:9000",
    "subscription_required": "on",
}


def page_of(client, address):
    return client.get(address).content.decode()


def test_lists_say_when_there_is_nothing(console):
    assert "No API yet" in page_of(console, "/console/apis/")
    assert "No product yet" in page_of(console, "/console/products/")


@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_the_same_queries_for_any_number(console, number, django_assert_num_queries):
    for _one in range(number):
        ProductFactory(apis=[ApiFactory()])

    with django_assert_num_queries(10):
        assert page_of(console, "/console/apis/").count("<code>/orders-") == number
    with django_assert_num_queries(8):
        assert page_of(console, "/console/products/").count('class="cell-main"') == number


@pytest.mark.parametrize("number", [1, 3])
def test_the_product_page_asks_the_same_queries_for_any_number(
    console, number, django_assert_num_queries
):
    product = ProductFactory(apis=[ApiFactory() for _one in range(number)])
    SubscriptionFactory.create_batch(number, product=product)
    page = f"/console/products/{product.public_id}/"
    page_of(console, page)

    with django_assert_num_queries(13):
        shown = page_of(console, page)

    assert shown.count('class="cell-main"') == number
    assert shown.count("<code>/orders-") == number


@pytest.mark.parametrize("number", [1, 3])
def test_the_api_page_asks_the_same_queries_for_any_number(
    console, number, django_assert_num_queries
):
    api = ApiFactory()
    for _one in range(number):
        ProductFactory(apis=[api])
    page = f"/console/apis/{api.public_id}/"
    page_of(console, page)

    with django_assert_num_queries(10):
        assert page_of(console, page).count("Published") == number


def test_products_are_found_by_name_and_state(console):
    ProductFactory(name="Freight")
    ProductFactory(name="Billing", unpublished=True)

    for query, found in {
        "q=FREI": {"Freight"},
        "state=unpublished": {"Billing"},
        "state=published": {"Freight"},
        "state=nonsense": {"Freight", "Billing"},
        "q=bill&state=published": set(),
    }.items():
        page = page_of(console, f"/console/products/?{query}")
        shown = {name for name in ["Freight", "Billing"] if f">{name}</a>" in page}
        assert shown == found, query
    assert "No product matches" in page_of(console, "/console/products/?q=nothing")
    assert "Freight" in page_of(console, "/console/products/?q=%00")


def test_a_product_counts_what_is_active_and_what_waits(console):
    product = ProductFactory(apis=[ApiFactory(), ApiFactory()])
    past = timezone.now() - timedelta(days=1)
    SubscriptionFactory.create_batch(3, product=product)
    SubscriptionFactory(product=product, ends_at=past)
    SubscriptionFactory(product=product, state="submitted")
    SubscriptionFactory()

    counted = Product.objects.with_counts().get(pk=product.pk)

    assert (counted.api_count, counted.active_count, counted.waiting_count) == (2, 3, 1)
    empty = Product.objects.with_counts().get(pk=ProductFactory().pk)
    assert (empty.api_count, empty.active_count, empty.waiting_count) == (0, 0, 0)


def test_deleting_an_api_says_what_loses_it(console):
    api = ApiFactory()
    page = f"/console/apis/{api.public_id}/delete/"
    assert "No product contains it." in page_of(console, page)
    KeyFactory(subscription__product=ProductFactory(name="Freight", apis=[api]))
    ProductFactory(name="Billing", apis=[api])

    question = page_of(console, page)

    assert "2 products contain it and lose it: Billing, Freight." in question
    assert "1 live key opens it now." in question


def test_an_api_is_added_found_edited_and_deleted(console):
    answer = console.post("/console/apis/add/", API)
    api = Api.objects.get()
    page = f"/console/apis/{api.public_id}/"

    assert answer["Location"] == page
    shown = page_of(console, page)
    assert "Put it into a product" in shown
    assert "added the API" in shown
    assert "Orders" in page_of(console, "/console/apis/?q=order")
    assert "No API matches" in page_of(console, "/console/apis/?q=nothing")
    console.post(f"{page}edit/", API | {"name": "Orders 2", "subscription_required": ""})
    api.refresh_from_db()
    assert (api.name, api.subscription_required, api.slug) == ("Orders 2", False, "orders")
    assert console.post(f"{page}delete/", {"typed": "Orders"}).status_code == 422
    console.post(f"{page}delete/", {"typed": "Orders 2"})
    assert not Api.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("path_prefix", "orders/", "Write the path as"),
        ("path_prefix", "/console/x", "belong to this service"),
        ("back_end", "orders", "Write the back-end address as"),
        ("name", "", "Enter a name."),
        ("name", "a\0b", "Null characters"),
        ("slug", "Or ders", "Use lower-case letters"),
    ],
)
def test_an_api_with_bad_input_keeps_what_was_typed(console, field, value, told):
    answer = console.post("/console/apis/add/", API | {"description": "Keep me", field: value})

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Keep me" in answer.content.decode()
    assert not Api.objects.exists()


def test_the_sample_api_has_no_back_end_to_edit(console):
    echo = ApiFactory(back_end="", name="Echo API", path_prefix="/echo")

    page = page_of(console, f"/console/apis/{echo.public_id}/edit/")
    assert 'name="back_end"' not in page
    assert 'name="path_prefix"' not in page
    console.post(f"/console/apis/{echo.public_id}/edit/", API | {"name": "Echo"})

    echo.refresh_from_db()
    assert (echo.name, echo.back_end, echo.path_prefix) == ("Echo", "", "/echo")


def test_script_in_words_stays_words(console):
    product = ProductFactory(description="<script>alert(1)</script>")
    api = ApiFactory(description="<script>alert(1)</script>")
    product.apis.set([api])

    for address in [f"products/{product.public_id}", f"apis/{api.public_id}"]:
        assert "<script>alert" not in page_of(console, f"/console/{address}/")


def test_a_fresh_product_says_what_is_missing(console):
    answer = console.post("/console/products/add/", {"name": "Freight", "subscription_limit": "2"})
    product = Product.objects.get()

    page = page_of(console, answer["Location"])

    assert product.subscription_limit == 2
    assert "Unpublished: it is not in the portal" in page
    assert "None yet: its keys open nothing." in page
    assert "Nobody has subscribed yet." in page


@pytest.mark.parametrize(
    ("field", "value"), [("subscription_limit", "0"), ("subscription_limit", "x"), ("name", "")]
)
def test_a_product_with_bad_input_is_refused(console, field, value):
    answer = console.post("/console/products/add/", {"name": "Freight", field: value})

    assert answer.status_code == 422


def test_publishing_and_what_unpublishing_hits(console):
    key = KeyFactory(subscription__product=ProductFactory(unpublished=True, name="Freight"))
    CallCount.objects.create(key=key, day=datetime.now(UTC).date(), reason="", calls=12)
    product = key.subscription.product
    page = f"/console/products/{product.public_id}/"

    console.post(f"{page}publish/")
    question = page_of(console, f"{page}unpublish/")
    assert "1 active subscription stops working." in question
    assert "1 live key is refused from the next call on." in question
    assert "12 calls were made with them this week." in question
    console.post(f"{page}unpublish/")

    product.refresh_from_db()
    assert not product.is_published
    assert "Nadia" not in page_of(console, page)


def test_visibility_is_checkboxes(console):
    product = ProductFactory()
    partners = RoleFactory(name="Partners")
    page = f"/console/products/{product.public_id}/visibility/"
    shown = page_of(console, page)

    assert "Partners" in shown
    assert f'value="{Role.objects.administrators().public_id}"' not in shown
    console.post(page, {"roles": [str(partners.public_id)]})
    assert {role.name for role in product.roles.all()} == {"Administrators", "Partners"}
    assert console.post(page, {"roles": ["nonsense"]}).status_code == 422
    console.post(page, {})
    assert {role.name for role in product.roles.all()} == {"Administrators"}


def test_apis_of_a_product_are_checkboxes(console):
    product, api = ProductFactory(), ApiFactory()
    page = f"/console/products/{product.public_id}/apis/"

    console.post(page, {"apis": [str(api.public_id)]})

    assert list(product.apis.all()) == [api]
    assert api.name in page_of(console, f"/console/products/{product.public_id}/")


def test_edit_and_delete_a_product(console):
    subscription = SubscriptionFactory()
    product = subscription.product
    page = f"/console/products/{product.public_id}/"

    console.post(f"{page}edit/", {"name": "Better", "slug": product.slug, "terms": "Be kind."})
    product.refresh_from_db()
    assert (product.name, product.terms) == ("Better", "Be kind.")
    assert console.post(f"{page}edit/", {"name": ""}).status_code == 422
    question = page_of(console, f"{page}delete/")
    assert "1 subscription is deleted with its keys and counts." in question
    assert console.post(f"{page}delete/", {"typed": "better"}).status_code == 422
    console.post(f"{page}delete/", {"typed": "Better"})

    assert not Product.objects.exists()


def test_the_history_of_something_untouched_says_so(console):
    page = console.get(f"/console/apis/{ApiFactory().public_id}/")

    assert "Nobody has changed anything here." in page.content.decode()
