"""Tokens, links and what may follow a sign-in."""

from uuid import uuid4

import pytest

from base.clients import client_address
from base.links import absolute_url, is_local_path
from base.logs import redact
from base.tokens import derive_token, is_well_formed, new_nonce, token_matches


def test_a_token_belongs_to_its_purpose_row_and_nonce():
    row, nonce = uuid4(), new_nonce()
    token = derive_token(purpose="invitation", row_id=row, nonce=nonce)

    assert is_well_formed(token)
    assert token_matches(token, purpose="invitation", row_id=row, nonce=nonce)
    assert not token_matches(token, purpose="password", row_id=row, nonce=nonce)
    assert not token_matches(token, purpose="invitation", row_id=uuid4(), nonce=nonce)
    assert not token_matches(token, purpose="invitation", row_id=row, nonce=new_nonce())


def test_a_token_outlives_a_rotation_while_the_old_key_is_a_fallback(settings):
    row, nonce = uuid4(), new_nonce()
    token = derive_token(purpose="invitation", row_id=row, nonce=nonce)

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    assert token_matches(token, purpose="invitation", row_id=row, nonce=nonce)

    settings.SECRET_KEY_FALLBACKS = []
    assert not token_matches(token, purpose="invitation", row_id=row, nonce=nonce)


def test_links_come_from_the_public_url(settings):
    settings.PUBLIC_URL = "https://apis.example.org"

    assert absolute_url("account_login") == "https://apis.example.org/sign-in/"


@pytest.mark.parametrize("path", ["/", "/console/", "/console/developers/?q=a%20b&state=blocked"])
def test_is_local_path_accepts_paths_of_this_site(path):
    assert is_local_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "console/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/%0a/evil.example",
        "/%5c/evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "\u202e/console/",
    ],
)
def test_is_local_path_refuses_everything_trickier(path):
    assert not is_local_path(path)


@pytest.mark.parametrize(
    ("remote", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        # Not one of our proxies: what it says of others is not believed.
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        # A made-up entry on the left, the truth on the right.
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.1", ""),
        # Some proxies write the port behind it, some quote it, some see IPv4 through an IPv6 socket.
        ("10.0.0.1", "198.51.100.1:5678", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", '"[2001:db8::1]:443"', "2001:db8::1"),
        ("10.0.0.1", "198.51.100.1:5678, 10.0.0.2:80", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:5678:9", "10.0.0.1"),
        ("10.0.0.1", "[198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_client_address_believes_only_our_proxies(settings, remote, forwarded_for, client):
    from ipaddress import ip_network

    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1/128")]

    assert client_address(remote, forwarded_for) == client


def test_forwarded_headers_of_strangers_never_reach_a_view(settings, client, db):
    settings.ALLOWED_HOSTS = ["testserver"]

    response = client.get("/sign-in/", headers={"x-forwarded-for": "198.51.100.1"})

    assert "HTTP_X_FORWARDED_FOR" not in response.wsgi_request.META
    assert response.wsgi_request.META["REMOTE_ADDR"] == "127.0.0.1"


def test_a_foreign_host_is_refused(client, db):
    assert client.get("/sign-in/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "line",
    [
        "Not Found: /invitations/SECRET/",
        "GET /invitations/SECRET/decline/ 200",
        "GET /join/SECRET/ 200",
        "GET /password/reset/key/0af3-SECRET/ 302",
        '"GET /invitations/SECRET"',
    ],
)
def test_log_lines_hold_no_link_secret(line):
    assert "SECRET" not in redact(line)
    assert "[redacted]" in redact(line)
