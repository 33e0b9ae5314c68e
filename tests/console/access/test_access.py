"""Why can't they call it: the page, the test button and the command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.formats import date_format

from accounts.actions import assign_role, block_user, delete_role, remove_role
from accounts.models import Role
from catalog import actions
from catalog.access.explanation import MAX_READ
from catalog.access.rule import Reason
from catalog.keys import new_key
from catalog.models import Key, Subscription
from gateway.check import query
from gateway.models import Refusal
from tests.factories import (
    ApiFactory,
    KeyFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
)

pytestmark = pytest.mark.django_db
QUERIES_OF_THE_PAGE = 15


@pytest.fixture
def key(ben):
    orders = ApiFactory(slug="orders", path_prefix="/orders", name="Orders")
    product = ProductFactory(name="Freight", apis=[orders])
    return KeyFactory(
        subscription__owner=ben, subscription__product=product, subscription__name="Planner"
    )


def page_of(client, query=""):
    return client.get(f"/console/access/{query}").content.decode()


def command(*arguments):
    output = StringIO()
    status = 0
    try:
        call_command("explain_access", *arguments, stdout=output)
    except SystemExit as stop:
        status = stop.code
    return status, output.getvalue()


CHANGES = [
    (
        lambda key, ada: block_user(user=key.subscription.owner, by=ada, reason="Left"),
        "Ben Okafor is blocked. Left",
        "Ada Lovelace blocked Ben Okafor: Left",
    ),
    (
        lambda key, ada: remove_role(
            user=key.subscription.owner, role=Role.objects.developers(), by=ada
        ),
        "Freight is visible to Administrators, Developers; Ben Okafor has no role.",
        "took the role Developers from Ben Okafor",
    ),
    (
        lambda key, ada: actions.unpublish_product(product=key.subscription.product, by=ada),
        "Freight is not published.",
        "Ada Lovelace unpublished the product Freight",
    ),
    (
        lambda key, ada: actions.set_product_apis(
            product=key.subscription.product, apis=[], by=ada
        ),
        "Freight does not contain Orders.",
        "changed the APIs of the product Freight: − Orders",
    ),
    (
        lambda key, ada: actions.suspend_subscription(
            subscription=key.subscription, comment="Unpaid", by=ada
        ),
        "Planner: Suspended. Unpaid",
        "suspended the subscription",
    ),
    (lambda key, ada: actions.end_key(key=key, by=ada), "has expired.", "ended the key"),
    (
        lambda key, ada: actions.regenerate_key(key=key, by=ada),
        "was replaced, and its overlap is over.",
        "regenerated a key",
    ),
]


@pytest.mark.parametrize(("change", "detail", "told"), CHANGES)
def test_the_first_check_that_fails_is_named_with_who_did_it(
    console, key, ada, change, detail, told
):
    change(key, ada)

    page = page_of(console, f"?person=ben@example.org&api=orders&key={key.prefix}")

    assert "Ben Okafor cannot call Orders" in page
    assert detail in page
    assert told in page
    assert page.count('class="fails"') == 1
    assert "Change it" in page
    status, text = command("--person", "ben@example.org", "--api", "orders", "--key", key.prefix)
    assert status == 1
    assert text.count("FAILS") == 1
    assert detail in text


def test_a_call_that_passes_says_so(console, key):
    page = page_of(console, "?person=ben@example.org&api=orders")

    assert "Ben Okafor can call Orders" in page
    assert 'class="fails"' not in page
    assert command("--person", "BEN@example.org", "--api", "orders")[0] == 0


def test_the_key_that_gets_furthest_comes_first(console, key, ben):
    other = KeyFactory(subscription__owner=ben, subscription__name="Elsewhere")

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert page.index(key.masked) < page.index(other.masked)
    assert str(Reason.API_NOT_IN_PRODUCT.label) in page


def test_dead_keys_leave_room_for_the_live_one(console, key):
    for _key in range(MAX_READ):
        KeyFactory(
            subscription=key.subscription, expires_at=timezone.now(), replaced_at=timezone.now()
        )

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert key.masked in page
    assert "Ben Okafor can call Orders" in page


def test_an_open_api_wants_no_key(console, ben):
    ApiFactory(slug="status", name="Status", subscription_required=False)

    page = page_of(console, "?person=ben@example.org&api=status")

    assert "Ben Okafor can call Status" in page
    assert "Status is open: calls pass without a key." in page
    status, text = command("--person", "ben@example.org", "--api", "status")
    assert (status, "The call passes." in text) == (0, True)


def test_with_a_refused_key_an_open_api_passes_without_it(console, key, ada):
    ApiFactory(slug="status", name="Status", subscription_required=False)
    actions.end_key(key=key, by=ada)

    page = page_of(console, "?person=ben@example.org&api=status")

    assert "Ben Okafor cannot call Status" in page
    assert "the same call without a key passes" in page


def test_a_request_that_waits_is_the_reason(console, ben):
    orders = ApiFactory(slug="orders")
    SubscriptionFactory(
        owner=ben, name="Planner", state="submitted", product=ProductFactory(apis=[orders])
    )

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert "Planner: Submitted." in page
    assert page.count('class="fails"') == 1
    assert command("--person", "ben@example.org", "--api", "orders")[0] == 1


def test_a_subscription_without_keys_is_told_so(console, ben):
    orders = ApiFactory(slug="orders")
    SubscriptionFactory(owner=ben, product=ProductFactory(apis=[orders]))

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert " has no keys yet." in page
    assert page.count('class="fails"') == 1


def test_without_a_subscription_the_way_to_one_is_shown(console, ben, ada):
    orders = ApiFactory(slug="orders", name="Orders")
    asked = "?person=ben@example.org&api=orders"
    assert "No product contains Orders." in page_of(console, asked)
    product = ProductFactory(name="Freight", apis=[orders], roles=[], unpublished=True)
    page = page_of(console, asked)
    assert "Ben Okafor has no role that sees Freight." in page
    assert f"/console/products/{product.public_id}/visibility/" in page
    product.roles.set([Role.objects.developers()])
    assert "Freight is not published." in page_of(console, asked)
    actions.publish_product(product=product, by=ada)

    page = page_of(console, asked)

    assert "Ben Okafor has no subscription to a product that contains Orders." in page
    to_one = f"/console/subscriptions/add/?person=ben%40example.org&amp;product={product.public_id}"
    assert to_one in page
    assert command("--person", "ben@example.org", "--api", "orders")[0] == 1
    block_user(user=ben, by=ada)
    assert "Ben Okafor is blocked." in page_of(console, asked)


def test_another_product_that_contains_it_is_named(console, ben):
    orders = ApiFactory(slug="orders", name="Orders")
    ProductFactory(name="Freight", apis=[orders])
    KeyFactory(subscription__owner=ben, subscription__product=ProductFactory(name="Billing"))

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert "Billing does not contain Orders. It is in: Freight." in page


def test_what_has_ended_is_told_with_its_end(console, key):
    end = timezone.now() - timedelta(days=2)
    Key.objects.update(expires_at=end)
    since = date_format(end, "DATETIME_FORMAT")
    assert f"{since} UTC</time>" in page_of(console, "?person=ben@example.org&api=orders")
    Key.objects.update(expires_at=None)
    Subscription.objects.update(ends_at=end)

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert "Planner: Expired." in page
    assert f"{since} UTC</time>" in page
    assert (
        f"since {end:%Y-%m-%d %H:%M} UTC"
        in command("--person", "ben@example.org", "--api", "orders")[1]
    )


def test_a_deleted_role_is_told_as_the_reason(console, key, ben, ada):
    partners, others = RoleFactory(name="Partners"), RoleFactory(name="Others")
    assign_role(user=ben, role=partners, by=ada)
    product = key.subscription.product
    actions.set_product_roles(product=product, roles=[partners], by=ada)
    delete_role(role=others, by=ada)
    delete_role(role=partners, confirmed=True, by=ada)

    page = page_of(console, "?person=ben@example.org&api=orders")

    assert "Ada Lovelace deleted the role Partners" in page
    actions.set_product_roles(product=product, roles=[Role.objects.developers()], by=ada)
    actions.set_product_roles(product=product, roles=[], by=ada)
    page = page_of(console, "?person=ben@example.org&api=orders")
    assert "changed who sees the product Freight: − Developers" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_queries_for_any_number_of_keys(
    console, key, ben, number, django_assert_num_queries
):
    for _other in range(number - 1):
        KeyFactory(subscription__owner=ben, expires_at=timezone.now())
    SubscriptionFactory.create_batch(number, owner=ben)
    page_of(console)

    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        page = page_of(console, "?person=ben@example.org&api=orders")

    # The first is named twice: beside the title and in its step.
    assert page.count("apim_") == number + 1


def test_an_open_api_asks_for_no_product(console, key, ada):
    ApiFactory(slug="status", name="Status", subscription_required=False)

    page = page_of(console, "?person=ben@example.org&api=status")

    assert "Status is open: it asks for no product." in page


@pytest.mark.parametrize(
    "query",
    ["?person=x&api=y", "?api=orders", "?person=%00&api=orders", "?person=ben@example.org&api="],
)
def test_a_question_without_sense_is_told_so(console, key, query):
    assert "Check the highlighted fields" in page_of(console, query)


def test_a_whole_key_does_not_stay_in_the_address(console):
    value = new_key()

    answer = console.get("/console/access/", {"person": "ben@example.org", "key": value})

    assert value not in answer["Location"]
    assert value[:18] in answer["Location"]


def test_a_refusal_is_found_by_its_reference(console, key, ada, ben):
    refusal = Refusal.objects.create(
        reference="7K3M-9QXA-2C4D",
        reason=Reason.USER_BLOCKED,
        method="GET",
        path="/orders/7",
        api_pk=key.subscription.product.apis.get().pk,
        key_pk=key.pk,
        user_pk=ben.pk,
    )

    page = page_of(console, "?reference=7k3m 9qxa 2c4d")

    assert "GET /orders/7" in page
    assert "The account is blocked" in page
    # Then it was refused; now it would pass.
    assert "Ben Okafor can call Orders" in page
    assert command("--reference", refusal.reference)[0] == 0
    assert "kept for 7 days" in page_of(console, "?reference=0000-0000-0000")
    Refusal.objects.update(key_pk=0, reason=Reason.KEY_MISSING)
    page = page_of(console, "?reference=7K3M-9QXA-2C4D")
    assert "GET /orders/7" in page
    assert "Neither the header" in page
    status, text = command("--reference", refusal.reference)
    assert (status, "The call carries no key (key_missing)" in text) == (1, True)


@pytest.mark.parametrize("value", ["0f8fad5bd9cb469fa16570867728950e", None])
def test_a_whole_key_on_the_command_line_finds_its_steps(key, ben, value):
    other = KeyFactory(subscription__owner=ben, plaintext=value)

    _status, text = command(
        "--person", "ben@example.org", "--api", "orders", "--key", other.plaintext
    )

    assert f"Key {other.masked}" in text


def test_a_key_of_nobody_leads_to_those_there_are(console, key, ben):
    page = page_of(console, "?person=ben@example.org&api=orders&key=nokey")

    assert "Ben Okafor has no key that begins with nokey." in page
    assert f"/console/developers/{ben.public_id}/keys/" in page


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--person", "nobody@example.org", "--api", "orders"],
        ["--person", "ben@example.org", "--api", "nothing"],
        ["--person", "ben@example.org", "--api", "orders", "--key", "nokey"],
        ["--reference", "0000-0000-0000"],
    ],
)
def test_the_command_tells_bad_input_apart(key, arguments):
    with pytest.raises(CommandError) as refusal:
        command(*arguments)

    assert refusal.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_the_check_is_asked_with_each_key(console, key, ada, ben):
    empty = KeyFactory(subscription__owner=ben)
    SubscriptionFactory(owner=ben, product=key.subscription.product)
    page = f"/console/developers/{ben.public_id}/test/"
    before = console.get(page).content.decode()
    assert "Passes" in before
    assert "The product contains no API." in before
    assert empty.subscription.name in before
    assert "No live key: there is nothing to ask with." in before

    block_user(user=ben, by=ada)

    after = console.get(page).content.decode()
    assert "Passes" not in after
    assert "The account is blocked" in after
    query.close()


def test_a_blocked_persons_page_tells_what_became_of_their_calls(console, key, ada, ben):
    block_user(user=ben, by=ada)
    page = f"/console/developers/{ben.public_id}/"
    assert "None in the last 7 days" in console.get(page).content.decode()
    Refusal.objects.create(
        reference="7K3M-9QXA-2C4D", reason="user_blocked", method="GET", path="/", user_pk=ben.pk
    )

    shown = console.get(page).content.decode()

    assert "7K3M-9QXA-2C4D" in shown
    assert "Test now" in shown


def test_the_block_dialog_lists_keys_and_calls(console, key, ben):
    question = console.get(f"/console/developers/{ben.public_id}/block/").content.decode()

    assert "<strong>1 live key</strong> is refused from the next call on" in question
    assert key.masked in question
    assert "<strong>1 active subscription</strong> stops working." in question
    assert "0 calls today" in question
