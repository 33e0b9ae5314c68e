"""APIs as developers read them."""

import shlex

import pytest

from accounts.models import Role
from catalog.openapi.operations import read_openapi
from catalog.openapi.validate import validate_openapi
from catalog.seeds import ECHO_DOCUMENT
from portal.apis.samples import samples_of
from tests.factories import ApiFactory, GatewayFactory, ProductFactory, RoleFactory

pytestmark = pytest.mark.django_db
HOSTILE = """openapi: 3.0.3
info: {title: "<script>alert(1)</script>", version: "1"}
paths:
  "/a'; rm -rf $HOME #{id}":
    parameters:
      - {name: id, in: path, required: true, schema: {type: string, enum: [a, "</script>"]}}
    post:
      summary: "<img src=x onerror=alert(1)>"
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Order"}
            example: {note: "it's"}
      responses:
        "200": {description: "<b>Fine</b>"}
components:
  schemas:
    Order:
      type: object
      required: [note]
      properties:
        note: {type: string, format: date, description: What is in it}
        parts: {type: array, items: {$ref: "#/components/schemas/Order"}}
"""


def page_of(client, slug):
    return client.get(f"/apis/{slug}/").content.decode()


def test_a_document_is_rendered_with_samples(portal):
    echo = ApiFactory(
        name="Echo API",
        slug="echo",
        path_prefix="/echo",
        back_end="",
        openapi=ECHO_DOCUMENT.read_text(),
    )
    ProductFactory(name="Starter", apis=[echo])

    page = page_of(portal, "echo")

    assert "GET /" in page
    assert "Echo a call with a body" in page
    assert "http://127.0.0.1:8000/echo/" in page
    assert "$APIM_KEY" in page
    assert "Starter" in page
    assert "Echo" in portal.get("/apis/").content.decode()


def test_a_hostile_document_stays_text(portal):
    validate_openapi(HOSTILE)
    ProductFactory(apis=[ApiFactory(slug="orders", openapi=HOSTILE)])

    page = page_of(portal, "orders")

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "array of Order" in page
    assert "string (date)" in page


def test_samples_are_quoted():
    [operation] = read_openapi(HOSTILE).operations

    samples = samples_of(operation, "https://api.example.org/orders")

    words = shlex.split(samples.curl.replace("\\\n", " "))
    assert words[:4] == ["curl", "-X", "POST", f"https://api.example.org/orders{operation.path}"]
    assert words[-1] == operation.body.example
    compile(samples.python, "sample", "exec")


def test_an_api_without_a_document_says_so(portal):
    ProductFactory(apis=[ApiFactory(slug="orders", path_prefix="/orders")])
    assert "Ask the people who run this service" in page_of(portal, "orders")
    GatewayFactory(public_address="https://api.example.org")

    page = page_of(portal, "orders")

    assert "https://api.example.org/orders" in page
    assert "not described here yet" in page


def test_what_nobody_of_ones_roles_sees_is_404(portal, client):
    hidden = ApiFactory(slug="hidden", name="Secret plans")
    ProductFactory(apis=[hidden], roles=[RoleFactory()])
    open_ = ApiFactory(slug="open", name="Open to all")
    ProductFactory(apis=[open_], roles=[Role.objects.get(built_in="guests")])

    for browser in [portal, client]:
        assert browser.get("/apis/hidden/").status_code == 404
        shown = browser.get("/apis/").content.decode()
        assert "Secret plans" not in shown
        assert "Open to all" in shown


def test_without_any_there_is_a_way_on(client):
    assert "No API for you yet" in client.get("/apis/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_queries_for_any_number(client, number, django_assert_num_queries):
    for _one in range(number):
        ProductFactory(apis=[ApiFactory()])
        ProductFactory(apis=[ApiFactory()], roles=[Role.objects.get(built_in="guests")])

    with django_assert_num_queries(3):
        assert client.get("/apis/").content.decode().count("card-panel") == number
