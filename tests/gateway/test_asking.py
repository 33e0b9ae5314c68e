"""How gateways ask the check: who they are, what they were asked, and which route they took."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.check import usage
from tests.factories import ApiFactory
from tests.gateway.conftest import call
from tests.gateway.test_check import MISSING

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "path", ["/orders/../admin", "/orders//7", "/orders/%2e%2e/x", "http://evil/orders", "orders"]
)
def test_a_path_with_two_readings_is_denied(ask, key, path):
    said = ask(path, key=key.plaintext)

    assert said.status == 403
    assert "read differently" in said.json["detail"]


def test_a_gateway_that_does_not_say_what_it_was_asked_is_denied(gateway, key):
    proof = {
        "X_GATEWAY_SECRET": gateway.plaintext_secret,
        "OCP_APIM_SUBSCRIPTION_KEY": key.plaintext,
    }
    for told in [
        {},
        {"X_ORIGINAL_URI": "/orders/7"},
        {"X_ORIGINAL_METHOD": "GET"},
        {"X_ORIGINAL_METHOD": "GET", "X_ORIGINAL_URI": "/orders/7", "X_FORWARDED_URI": "/echo"},
        {"X_ORIGINAL_METHOD": "GET,GET", "X_ORIGINAL_URI": "/orders/7"},
    ]:
        assert call(**proof, **told).status == 403, told


def test_a_stranger_cannot_ask_the_check(key, gateway):
    told = {"X_ORIGINAL_METHOD": "GET", "X_ORIGINAL_URI": "/orders/7"}
    for secret in ["", "apim_gateway_wrong", gateway.plaintext_secret + "x"]:
        said = call(X_GATEWAY_SECRET=secret, OCP_APIM_SUBSCRIPTION_KEY=key.plaintext, **told)
        assert said.status == 403
        assert said.headers["Content-Type"] == "application/problem+json"
    assert usage.flush() == 0


def test_an_ended_secret_is_no_proof(ask, gateway, key):
    gateway.secrets.update(ends_at=timezone.now() + timedelta(hours=1))
    assert ask(key=key.plaintext).status == 200

    gateway.secrets.update(ends_at=timezone.now())

    assert ask(key=key.plaintext).status == 403


# As the four gateways really ask: recorded with nginx 1.22.1 and Caddy 2.6.2; Traefik's and
# Envoy's from their documentation (ForwardAuth; ext_authz over HTTP with a path prefix).
SHAPES = {
    "nginx auth_request": {"X_ORIGINAL_METHOD": "POST", "X_ORIGINAL_URI": "/orders/7?x=1"},
    "Caddy forward_auth": {
        "X_FORWARDED_METHOD": "POST",
        "X_FORWARDED_URI": "/orders/7?x=1",
        "X_FORWARDED_HOST": "api.example.org",
        "X_FORWARDED_PROTO": "http",
        "X_FORWARDED_FOR": "198.51.100.7",
    },
    "Traefik ForwardAuth": {
        "X_FORWARDED_METHOD": "POST",
        "X_FORWARDED_URI": "/orders/7?x=1",
        "X_FORWARDED_HOST": "api.example.org",
        "X_FORWARDED_PROTO": "https",
        "X_FORWARDED_PORT": "443",
        "X_FORWARDED_SERVER": "traefik-1",
        "X_FORWARDED_FOR": "203.0.113.9, 198.51.100.7",
        "X_REAL_IP": "198.51.100.7",
    },
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_each_gateway_is_understood(shape, gateway, key):
    proof = {"X_GATEWAY_SECRET": gateway.plaintext_secret}

    passed = call(**proof, **shape, OCP_APIM_SUBSCRIPTION_KEY=key.plaintext)
    refused = call(**proof, **shape)

    assert (passed.status, passed.headers["X-Api"]) == (200, "orders")
    assert (refused.status, refused.body) == (401, MISSING)
    usage.flush()
    key.refresh_from_db()
    if "X_FORWARDED_FOR" in shape:
        assert key.last_used_address == "198.51.100.7"


def test_envoy_is_understood(gateway, key):
    envoy = {
        "X_GATEWAY_SECRET": gateway.plaintext_secret,
        "OCP_APIM_SUBSCRIPTION_KEY": key.plaintext,
    }

    passed = call("/gateway/authorize/orders/a b", method="DELETE", query="x=1", **envoy)
    dotted = call("/gateway/authorize/orders/../admin", **envoy)
    in_address = call("/gateway/authorize/orders", query="subscription-key=x", **envoy)
    # Behind our address the query is the caller's, who chooses no status.
    chosen = call("/gateway/authorize/admin", query="deny=403&x=1", **envoy)

    assert (passed.status, dotted.status, in_address.status) == (200, 403, 401)
    assert chosen.status == 403
    assert (
        call("/gateway/authorize/orders", query="deny=403&subscription-key=x", **envoy).status
        == 401
    )


def test_a_gateway_with_old_routes_serves_no_other_api(ask, key, gateway):
    said = ask("/orders/7", key=key.plaintext, X_GATEWAY_API="orders")
    assert said.status == 200

    ApiFactory(slug="status", path_prefix="/orders/status", subscription_required=False)
    for given in ["", key.plaintext]:
        said = ask("/orders/status/x", key=given, X_GATEWAY_API="orders")
        assert (said.status, "Render its configuration again" in said.json["detail"]) == (403, True)

    # One of somebody's own making, which names none.
    assert ask("/orders/status/x").status == 200
    assert ask("/orders/status/x", X_GATEWAY_API="status").status == 200
    # Who is no gateway learns nothing.
    stranger = call(
        X_GATEWAY_SECRET="x",
        X_ORIGINAL_METHOD="GET",
        X_ORIGINAL_URI="/orders/status/x",
        X_GATEWAY_API="orders",
    )
    assert "not registered" in stranger.json["detail"]
