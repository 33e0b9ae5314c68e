"""Trial calls from the portal of a real server: to itself, and through nginx in front of it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from accounts.actions import activate_user, block_user
from base.admission import BUSY
from catalog.seeds import ECHO_DOCUMENT
from gateway.registry.config import render
from tests.factories import PASSWORD, ApiFactory, GatewayFactory, KeyFactory, ProductFactory
from tests.journeys.test_real_gateways import back_end, machines, start_nginx
from tests.servers import free_port, our_server, wait_until_answering

__all__ = ["back_end", "machines"]

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = """openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    post:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {example: {note: hello}}}}
      responses: {"200": {description: Fine}}
"""


class Browser(requests.Session):
    """Signed in at a real server, without script."""

    def __init__(self, address, email):
        super().__init__()
        self.trust_env = False
        self.address = address
        self.send_form("/sign-in/", {"email": email, "password": PASSWORD})

    def send_form(self, path, fields):
        page = self.get(self.address + path, timeout=30).text
        [token, *_others] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        given = {"csrfmiddlewaretoken": token, **fields}
        return self.post(self.address + path, given, headers={"Referer": self.address}, timeout=30)


@pytest.fixture
def echo_key(ben):
    echo = ApiFactory(
        slug="echo", path_prefix="/echo", back_end="", openapi=ECHO_DOCUMENT.read_text("utf-8")
    )
    product = ProductFactory(apis=[echo])
    return KeyFactory(subscription__owner=ben, subscription__product=product)


def test_a_server_with_one_thread_calls_itself(tmp_path, ben, ada, echo_key):
    """The thread that answers the page is the only one: a call over the network would wait for it."""
    fields = {"key": echo_key.plaintext, "parameter_0": "Ben O", "parameter_1": "moin"}

    with our_server(tmp_path / "log", application="apim.wsgi:application", threads=1) as (
        address,
        _process,
    ):
        browser = Browser(address, ben.email)
        answer = browser.send_form("/apis/echo/try/get-hello-name/", fields)

        assert "200 OK" in answer.text
        assert "/hello/Ben%20O" in answer.text
        assert "greeting=moin" in answer.text
        assert echo_key.plaintext not in answer.text
        # The other way in is the same API.
        session = requests.Session()
        session.trust_env = False
        headers = {"Ocp-Apim-Subscription-Key": echo_key.plaintext}
        direct = session.get(f"{address}/echo/hello", headers=headers, timeout=10)
        assert direct.json()["path"] == "/hello"

        other = Browser(address, ada.email)
        block_user(user=ben, by=ada)
        refused = other.send_form("/apis/echo/try/get-hello-name/", fields)
        assert "401 Unauthorized" in refused.text
        activate_user(user=ben, by=ada)
        again = other.send_form("/apis/echo/try/get-hello-name/", fields)
        assert "200 OK" in again.text


@pytest.mark.gateways
def test_through_nginx_that_asks_the_same_process(tmp_path, ben, back_end):
    """Four threads serve pages and check alike, and eight people press at once."""
    api = ApiFactory(
        slug="orders",
        path_prefix="/shop/v2",
        back_end=f"http://127.0.0.1:{back_end.server_port}/base",
        openapi=DOCUMENT,
    )
    product = ProductFactory(apis=[api])
    key = KeyFactory(subscription__owner=ben, subscription__product=product)
    port = free_port()
    secret = GatewayFactory(public_address=f"http://127.0.0.1:{port}").plaintext_secret
    fields = {"key": key.plaintext, "parameter_0": "7", "body": '{"note": "from here"}'}

    with our_server(tmp_path / "log", application="apim.wsgi:application", threads=4) as (
        address,
        _process,
    ):
        text = render("nginx", check_url=address, listen=port, secret=secret)
        with start_nginx(tmp_path, text, port):
            wait_until_answering(f"http://127.0.0.1:{port}/nothing")
            browser = Browser(address, ben.email)

            def try_it(_number=0):
                return browser.send_form("/apis/orders/try/post-orders-id/", fields).text

            page = try_it()
            assert "200 OK" in page
            [call] = back_end.seen
            assert (call["method"], call["path"]) == ("POST", "/base/orders/7")
            assert call["body"] == '{"note": "from here"}'
            assert call["headers"]["x-user-email"] == ben.email
            assert "ocp-apim-subscription-key" not in call["headers"]

            with ThreadPoolExecutor(8) as people:
                pages = list(people.map(try_it, range(8)))
            passed = sum("200 OK" in page for page in pages)
            sent_back = sum("Other trial calls are under way" in page for page in pages)
            assert passed >= 1
            # On a busy machine some wait so long for one of the three places that they are refused.
            busy = sum(BUSY in page for page in pages)
            assert passed + sent_back + busy == 8

            assert (
                "401 Unauthorized"
                in browser.send_form(
                    "/apis/orders/try/post-orders-id/", {**fields, "key": "x" * 40}
                ).text
            )
