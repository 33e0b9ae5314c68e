"""Trying an operation from its page."""

import logging
import re

import pytest
from django.urls import reverse

from accounts.models import Role
from catalog.keys import new_key
from gateway.check import query
from gateway.try_it.sending import MAX_ANSWER
from tests.conftest import sign_in
from tests.factories import (
    ApiFactory,
    GatewayFactory,
    KeyFactory,
    ProductFactory,
    RoleFactory,
    UserFactory,
)
from tests.portal.pages import text_of
from tests.servers import free_port

pytestmark = pytest.mark.django_db

DOCUMENT = """openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /plain:
    get: {responses: {"200": {description: Fine}}}
    post:
      requestBody: {required: true, content: {application/json: {example: {note: "it's"}}}}
      responses: {"200": {description: Fine}}
    trace: {responses: {"200": {description: Fine}}}
  /big:
    get: {responses: {"200": {description: Fine}}}
  /files:
    post:
      requestBody: {required: true, content: {multipart/form-data: {schema: {type: object}}}}
      responses: {"200": {description: Fine}}
  /{what}:
    get:
      deprecated: true
      parameters:
        - {name: what, in: path, required: true, description: "<b>Which</b>", schema: {type: string}}
        - {name: state, in: query, schema: {type: string, enum: [open, "</option><b>"]}}
        - {name: tag, in: query, schema: {type: array, items: {type: string}}}
        - {name: flat, in: query, explode: false, schema: {type: array, items: {type: string}}}
        - {name: "X-<i>", in: header, schema: {type: string}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: X-User-Id, in: header, schema: {type: string}}
        - {name: subscription-key, in: query, schema: {type: string}}
        - {name: session, in: cookie, schema: {type: string}}
      responses: {"200": {description: Fine}}
"""
WHAT = {"parameter_0": "plain"}


@pytest.fixture
def orders(db):
    api = ApiFactory(slug="orders", name="Orders", path_prefix="/plain", openapi=DOCUMENT)
    ProductFactory(name="Freight", slug="freight", apis=[api])
    return api


@pytest.fixture
def gateway(orders, server):
    """The test's server in the place of a gateway; the API lies under its root."""
    orders.path_prefix = ""
    orders.save()
    return GatewayFactory(public_address=server.base)


def try_it(client, anchor="get-plain", *, htmx=False, **fields):
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/apis/orders/try/{anchor}/", fields, headers=headers)


def page_of(client, anchor="get-plain"):
    return client.get(f"/apis/orders/try/{anchor}/")


def test_visitors_are_led_to_sign_in_and_back(client, orders):
    GatewayFactory()
    orders.products.get().roles.add(Role.objects.get(built_in="guests"))

    page = client.get("/apis/orders/").content.decode()

    assert "/sign-in/?next=/apis/orders/try/get-plain/" in page
    assert "data-inline" not in page
    assert page_of(client)["Location"] == "/sign-in/?next=/apis/orders/try/get-plain/"
    assert try_it(client, key=new_key()).status_code == 302


def test_what_nobody_of_ones_roles_sees_cannot_be_tried(portal, orders, gateway, server):
    orders.products.get().roles.set([RoleFactory()])

    assert page_of(portal).status_code == 404
    assert try_it(portal, key=new_key()).status_code == 404
    assert server.seen == []


def test_only_operations_of_the_document_are_there(portal, orders):
    assert page_of(portal, "get-nowhere").status_code == 404
    orders.openapi = ""
    orders.save()
    assert page_of(portal).status_code == 404


def test_every_operation_links_to_its_trial(portal, orders):
    GatewayFactory()
    page = portal.get("/apis/orders/").content.decode()

    for anchor in ["get-plain", "post-plain", "get-what"]:
        assert f'id="{anchor}"' in page
        assert f'href="#{anchor}"' in page
        assert f'href="/apis/orders/try/{anchor}/"' in page


def test_without_an_address_nothing_is_offered_to_try(portal, client, orders):
    orders.products.get().roles.add(Role.objects.get(built_in="guests"))

    for browser in [portal, client]:
        page = browser.get("/apis/orders/").content.decode()
        assert 'id="get-plain"' in page
        assert "/try/" not in page


def test_without_an_address_the_next_step_is_told(portal, console, orders):
    page = text_of(page_of(portal))

    assert "Nobody has said yet where the gateway is" in page
    assert 'name="key"' not in page
    assert "Still stuck?" in page
    assert reverse("console:gateway-list") in text_of(page_of(console))
    assert try_it(portal, key=new_key()).status_code == 422


def test_the_call_goes_through_the_gateway(portal, gateway, server):
    key = new_key()

    answer = try_it(portal, key=f" {key} ")

    page = text_of(answer)
    [(method, path, headers, _body)] = server.seen
    assert (method, path) == ("GET", "/plain")
    assert headers["Ocp-Apim-Subscription-Key"] == key
    assert "200 Fine" in page
    assert re.search(r"\d+ ms · 2 bytes", page)
    assert "Set-Cookie: a=1" in page
    assert not answer.cookies.get("a")


def test_the_key_is_kept_nowhere(portal, gateway, server, caplog):
    key = new_key()

    with caplog.at_level(logging.DEBUG):
        answer = try_it(portal, key=key)
        later = page_of(portal)
        refused = try_it(portal, "get-what", key=key, parameter_0="..")

    for page in [answer, later, refused]:
        assert key not in page.content.decode()
        assert "no-store" in page["Cache-Control"]
    assert f"{key[:18]}…" in answer.content.decode()
    assert key not in caplog.text
    assert key not in str(dict(portal.session))
    assert refused.status_code == 422


def test_a_body_is_sent_as_it_was_typed(portal, gateway, server):
    page = text_of(page_of(portal, "post-plain"))
    assert "&quot;note&quot;: &quot;it&#x27;s&quot;" in page
    assert "Body (required)" in page

    try_it(portal, "post-plain", key=new_key(), body='{\r\n  "a": 1\r\n}')

    [(method, _path, headers, body)] = server.seen
    assert (method, body) == ("POST", b'{\n  "a": 1\n}')
    assert headers["Content-Type"] == "application/json"


def test_parameters_are_written_where_the_document_says(portal, gateway, server):
    given = {"parameter_1": "open", "parameter_2": "a, b", "parameter_3": "c,d", "parameter_5": "7"}

    answer = try_it(portal, "get-what", key=new_key(), **WHAT, **given)

    assert answer.status_code == 200
    [(_method, path, headers, _body)] = server.seen
    assert path == "/plain?state=open&tag=a&tag=b&flat=c%2Cd"
    assert headers["X-Trace"] == "7"


def test_what_is_not_the_callers_has_no_field(portal, gateway, server):
    page = text_of(page_of(portal, "get-what"))
    shown = set(re.findall(r'name="parameter_(\d)"', page))

    try_it(portal, "get-what", key=new_key(), **WHAT, parameter_6="forged", parameter_7="k")

    assert shown == {"0", "1", "2", "3", "5"}
    assert "Not sent from here: X-&lt;i&gt;, X-User-Id, subscription-key, session." in page
    [(_method, path, headers, _body)] = server.seen
    assert path == "/plain"
    assert "X-User-Id" not in headers


def test_a_hostile_document_stays_text(portal, gateway):
    for page in [page_of(portal, "get-what"), portal.get("/apis/orders/")]:
        text = page.content.decode()
        assert "<b>" not in text
        assert "<i>" not in text
        assert "&lt;b&gt;Which&lt;/b&gt;" in text


def test_a_hostile_answer_stays_text(portal, gateway, server):
    answer = try_it(portal, "get-what", key=new_key(), parameter_0="hostile")

    page = answer.content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("value", ["..", "../plain", "a/b", "%2e%2e", "a;b", "a\\b"])
def test_a_value_that_leads_elsewhere_is_not_sent(portal, gateway, server, value):
    answer = try_it(portal, "get-what", key=new_key(), parameter_0=value)

    assert answer.status_code == 422
    assert "could be read in two ways" in text_of(answer)
    assert server.seen == []


@pytest.mark.parametrize(
    ("anchor", "fields", "told"),
    [
        ("get-plain", {}, "Key (required): This field is required"),
        ("get-plain", {"key": "a b"}, "A key has no spaces"),
        ("get-what", {"key": "x" * 40}, "what (required): This field is required"),
        ("get-what", {"key": "x" * 40, **WHAT, "parameter_1": "other"}, "Select a valid choice"),
        ("get-what", {"key": "x" * 40, **WHAT, "parameter_5": "ä"}, "printable ASCII"),
        ("post-plain", {"key": "x" * 40}, "Body (required): This field is required"),
        ("post-plain", {"key": "x" * 40, "body": "ä" * 40_000}, "too long to be sent"),
    ],
)
def test_what_cannot_be_sent_is_told_at_its_field(portal, gateway, server, anchor, fields, told):
    answer = try_it(portal, anchor, **fields)

    assert answer.status_code == 422
    assert told in text_of(answer)
    assert server.seen == []


def test_an_open_api_needs_no_key(portal, orders, gateway, server):
    orders.subscription_required = False
    orders.save()

    assert "None is needed" in text_of(page_of(portal))
    assert try_it(portal).status_code == 200
    assert "Ocp-Apim-Subscription-Key" not in server.seen[0][2]


def test_files_and_traces_are_not_sent_from_here(portal, gateway, server):
    assert "a body made of files" in text_of(page_of(portal, "post-files"))
    assert "Calls with TRACE" in text_of(page_of(portal, "trace-plain"))
    assert try_it(portal, "trace-plain", key=new_key()).status_code == 422
    assert server.seen == []


def test_a_long_answer_is_cut(portal, gateway):
    page = text_of(try_it(portal, "get-big", key=new_key()))

    assert "Only the first 256 KiB are shown." in page
    assert len(page) < MAX_ANSWER + 50_000


def test_a_gateway_that_is_away_is_told_with_the_curl_line(portal, gateway):
    gateway.public_address = f"http://127.0.0.1:{free_port()}"
    gateway.save()

    answer = try_it(portal, key=new_key())

    assert answer.status_code == 200
    assert "did not take the connection" in text_of(answer)
    assert f"curl -X GET {gateway.public_address}/plain" in text_of(answer)


def test_with_script_only_the_answer_comes(portal, gateway):
    form = portal.get("/apis/orders/try/get-plain/", headers={"HX-Request": "true"})
    answer = try_it(portal, htmx=True, key=new_key())
    refused = try_it(portal, htmx=True)

    for part in [form, answer, refused]:
        assert "<html" not in part.content.decode()
    assert 'id="get-plain_answer"' in form.content.decode()
    assert "200 Fine" in text_of(answer)
    assert "<form" not in answer.content.decode()
    assert refused.status_code == 422
    assert "The call was not sent" in text_of(refused)


def test_a_person_sends_thirty_a_minute(portal, gateway, server):
    for _call in range(30):
        assert try_it(portal, key=new_key()).status_code == 200

    refused = try_it(portal, key=new_key())

    assert refused.status_code == 429
    assert "Too many calls" in text_of(refused)
    assert len(server.seen) == 30
    # It is the person who waits, nobody else.
    assert try_it(sign_in(UserFactory()), key=new_key()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_echo_api_is_tried_without_any_gateway(portal, ben):
    echo = ApiFactory(
        slug="orders",
        path_prefix="/echo",
        back_end="",
        openapi=DOCUMENT.replace("/plain", "/hello"),
    )
    product = ProductFactory(apis=[echo])
    key = KeyFactory(subscription__owner=ben, subscription__product=product)

    passed = try_it(portal, "get-hello", key=key.plaintext)
    refused = try_it(portal, "get-hello", key=new_key())
    query.close()

    assert "200 OK" in text_of(passed)
    assert "ben@example.org" in text_of(passed)
    assert "401 Unauthorized" in text_of(refused)
    assert "refused for its key" in text_of(refused)
