"""One spelling of a path, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.keys import new_key
from gateway.check.paths import canonical_path, has_key_in_it, without_keys
from gateway.check.references import new_reference, normalized


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/orders/7?x=%2e%2e/", "/orders/7"),
        ("/a%20b/caf%C3%A9", "/a%20b/caf%C3%A9"),
        ("/caf%c3%a9", "/caf%c3%a9"),
        ("/a.b/...c/~x/@y:z,w", "/a.b/...c/~x/@y:z,w"),
        ("/%E2%82%AC", "/%E2%82%AC"),
    ],
)
def test_a_path_in_its_canonical_form_is_taken(target, path):
    assert canonical_path(target) == path


@pytest.mark.parametrize(
    "target",
    [
        *["", "orders", "//orders", "/orders//7", "http://evil/orders", "*", "?x"],
        *["/orders/../admin", "/orders/..", "/./orders", "/orders/.", "/orders/%2e%2e/admin"],
        *["/orders/%2E./admin", "/orders%2fadmin", "/orders%2Fadmin", "/orders%5cadmin"],
        *["/orders\\admin", "/orders;x=1/7", "/orders%3b", "/orders%00", "/orders\0", "/orders#x"],
        *["/orders%41", "/orders%7E", "/orders%", "/orders%4", "/orders%zz", "/orders%+1", "/a b"],
        *["/café", "/orders\n", "/orders%0a", "/orders%25", "/orders%252e", "/echo/x,/orders/7"],
        # Too long for what they say, cut off, half of a pair, Latin-1.
        *["/orders/v2/%C0%AE%C0%AE%C0%AFadmin", "/a%E0%80%AF", "/a%C3", "/a%ED%A0%80", "/caf%E9"],
    ],
)
def test_a_path_with_two_readings_is_refused(target):
    assert canonical_path(target) is None


@given(st.text(alphabet="/.%2eEfF5cC;,ab\\", max_size=30))
def test_no_server_can_read_a_taken_path_as_another(text):
    path = canonical_path("/" + text)
    if path is None:
        return
    segments = path.split("/")[1:]
    assert ".." not in segments
    assert "." not in segments
    assert "" not in segments[:-1]
    lowered = path.lower()
    assert not any(hidden in lowered for hidden in ["%2e", "%2f", "%5c", "%3b", "%25", "\\", ";"])


def test_a_key_in_the_address_is_seen():
    assert has_key_in_it("/orders?Subscription-Key=abc")
    assert has_key_in_it("/orders?x=1&ocp-apim-subscription%2Dkey=abc")
    assert has_key_in_it(f"/orders/{new_key()}/7")
    assert has_key_in_it(f"/orders?api_key={new_key()}")
    assert not has_key_in_it("/subscription-key=/orders?x=1")
    assert not has_key_in_it("/orders/apim_live_7")
    assert without_keys(f"/orders/{new_key()}/7") == "/orders/(a key)/7"


def test_references_are_read_however_they_are_typed():
    reference = new_reference()

    assert normalized(reference.lower().replace("-", " ")) == reference
    assert normalized("oOlL-1234-5678") == "0011-1234-5678"
