"""The sample API: a call passes, and a block refuses it, without any gateway."""

import ipaddress

import pytest

from accounts.actions import block_user
from catalog.models import Key
from gateway.check import usage
from tests.factories import ApiFactory, KeyFactory, ProductFactory
from tests.gateway.conftest import call
from tests.gateway.test_check import INVALID, MISSING

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(transactional_db, ben):
    echo = ApiFactory(slug="echo", path_prefix="/echo", back_end="")
    product = ProductFactory(apis=[echo], slug="starter")
    return KeyFactory(subscription__owner=ben, subscription__product=product)


def test_a_call_comes_back_as_a_back_end_would_see_it(key, ben):
    said = call(
        "/echo/hello",
        method="POST",
        query="x=1",
        body=b'{"a": "\xff"}',
        CONTENT_TYPE="application/json",
        OCP_APIM_SUBSCRIPTION_KEY=key.plaintext,
        COOKIE="session=secret",
        X_USER_ID="forged",
        X_REQUEST_ID="7",
    )

    assert said.status == 200
    assert (said.json["method"], said.json["path"], said.json["query"]) == ("POST", "/hello", "x=1")
    assert said.json["body"] == '{"a": "\ufffd"}'
    headers = said.json["headers"]
    assert headers["X-User-Id"] == str(ben.public_id)
    assert headers["X-Request-Id"] == "7"
    assert key.plaintext not in said.body.decode()
    assert "secret" not in said.body.decode()
    assert said.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert said.headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_rule_and_the_same_answers(key, ada, ben):
    assert call("/echo").body == MISSING
    assert call("/echo", OCP_APIM_SUBSCRIPTION_KEY=key.plaintext).status == 200

    block_user(user=ben, by=ada)

    assert call("/echo", OCP_APIM_SUBSCRIPTION_KEY=key.plaintext).body == INVALID


def test_the_address_that_a_caller_claims_is_not_believed(key, settings):
    claim = {"X_FORWARDED_FOR": "198.51.100.7", "OCP_APIM_SUBSCRIPTION_KEY": key.plaintext}
    call("/echo", **claim)
    usage.flush()
    key.refresh_from_db()
    assert key.last_used_address == "192.0.2.1"

    settings.TRUSTED_PROXIES = [ipaddress.ip_network("192.0.2.0/24")]
    usage.forget()
    Key.objects.update(last_used_at=None)
    call("/echo", **claim)
    usage.flush()
    key.refresh_from_db()
    assert key.last_used_address == "198.51.100.7"


def test_a_long_body_is_refused(key):
    said = call("/echo", method="POST", body=b"x" * 65_537, OCP_APIM_SUBSCRIPTION_KEY=key.plaintext)

    assert said.status == 413


def test_a_path_with_two_readings_is_denied_here_too(key):
    assert call("/echo/../console", OCP_APIM_SUBSCRIPTION_KEY=key.plaintext).status == 403


def test_nothing_else_is_at_the_machines_door():
    assert call("/sign-in/").status == 404
    assert call("/gateway/authorized").status == 404
    assert call("/echoes").status == 404
