"""Paths, addresses and slugs that go into gateway configurations."""

import pytest
from django.core.exceptions import ValidationError

from catalog.routes import prefixes_of, validate_back_end, validate_prefix, validate_slug


@pytest.mark.parametrize("value", ["/orders", "/orders/v2", "/a/b/c/d", "/orders-2/v1.0", "/a_b"])
def test_prefix_is_accepted(value):
    validate_prefix(value)


@pytest.mark.parametrize(
    "value",
    [
        *["", "/", "orders", "/orders/", "/Orders", "/orders//v2", "/a/b/c/d/e", "/../a", "/a..b"],
        *["/a;b", "/a b", "/a%20b", "/a\n", "/a{b}", "/.hidden", "/a$b", "/ä", "/a?b", "/a'b"],
        *["/console", "/gateway/x", "/static/y", "/healthz"],
    ],
)
def test_prefix_is_refused(value):
    with pytest.raises(ValidationError):
        validate_prefix(value)


@pytest.mark.parametrize(
    "value",
    [
        "http://orders",
        "https://orders.internal.example:8443/base/v1",
        "http://10.0.0.7:9000",
        "http://[::1]:9000/x",
    ],
)
def test_back_end_is_accepted(value):
    validate_back_end(value)


@pytest.mark.parametrize(
    "value",
    [
        *["", "orders", "ftp://orders", "http://", "http://user:pass@orders", "http://a/?q=1"],
        *["http://a/#x", "http://a b", "http://a;b", "http://a/{x}", "http://a\nb", "http://a/'"],
        *["http://[:::]", "http://[1::2.3]", "http://[::1.1.1.1.1]", "http://[]", "http://[1]"],
        *["http://a:0", "http://a:70000", "http://a/../b", "javascript:alert(1)", 'http://a/"'],
    ],
)
def test_back_end_is_refused(value):
    with pytest.raises(ValidationError):
        validate_back_end(value)


@pytest.mark.parametrize("value", ["", "-a", "a-", "a--b", "A", "a b", "ä", "a/b", "a\n"])
def test_slug_is_refused(value):
    with pytest.raises(ValidationError):
        validate_slug(value)


@pytest.mark.parametrize(
    ("path", "prefixes"),
    [
        ("/", ("", "", "", "")),
        ("/orders", ("/orders", "", "", "")),
        ("/orders/", ("/orders", "", "", "")),
        ("/orders/v2/7", ("/orders", "/orders/v2", "/orders/v2/7", "")),
        ("/a/b/c/d/e/f", ("/a", "/a/b", "/a/b/c", "/a/b/c/d")),
    ],
)
def test_a_path_has_four_candidate_prefixes(path, prefixes):
    assert prefixes_of(path) == prefixes
