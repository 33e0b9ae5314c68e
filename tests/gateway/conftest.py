"""The check, called as a server calls it."""

import io
import json
from dataclasses import dataclass

import pytest

from gateway.check import query, usage
from gateway.dispatch import application
from tests.back_ends import server
from tests.factories import ApiFactory, GatewayFactory, KeyFactory, ProductFactory

__all__ = ["server"]


@pytest.fixture(autouse=True)
def _own_connections():
    """The check's connection and notes end with the test."""
    forget()
    yield
    forget()


def forget():
    query.close()
    query._paused_until = 0.0
    usage.forget()


@dataclass
class Said:
    """An answer of the WSGI callable."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def call(path="/gateway/authorize", *, method="GET", query="", body=b"", **environ):
    """``X_GATEWAY_SECRET="..."`` is the header X-Gateway-Secret; names of WSGI pass as they are."""
    said = {}

    def start_response(status, headers):
        said["status"], said["headers"] = int(status[:3]), dict(headers)
        assert len(headers) == len(said["headers"]), "a header was sent twice"

    plain = {"REMOTE_ADDR", "CONTENT_LENGTH", "CONTENT_TYPE"}
    given = {
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "api.example.org",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    } | {name if name in plain else f"HTTP_{name}": value for name, value in environ.items()}
    body = b"".join(application(given, start_response))
    return Said(said["status"], said["headers"], body)


@pytest.fixture
def gateway(transactional_db):
    return GatewayFactory(name="Edge")


@pytest.fixture
def ask(gateway):
    """The check, asked as nginx asks it, for a path and a key."""

    def ask(path="/orders/7", key="", *, method="GET", **headers):
        if key:
            headers["OCP_APIM_SUBSCRIPTION_KEY"] = key
        told = {"X_ORIGINAL_METHOD": method, "X_ORIGINAL_URI": path}
        return call(X_GATEWAY_SECRET=gateway.plaintext_secret, **(told | headers))

    return ask


@pytest.fixture
def orders(transactional_db):
    return ApiFactory(name="Orders", slug="orders", path_prefix="/orders")


@pytest.fixture
def key(transactional_db, orders, ben):
    """Ben's, for a product that contains the Orders API."""
    product = ProductFactory(apis=[orders], slug="freight")
    return KeyFactory(subscription__owner=ben, subscription__product=product)
