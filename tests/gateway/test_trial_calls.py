"""What a trial call may be: below the API's own address, with headers that are the caller's."""

from urllib.parse import unquote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.check.paths import canonical_path
from gateway.registry.config import IDENTITY, aliases_of
from gateway.try_it.trial_calls import (
    NotSendable,
    TrialCall,
    checked_headers,
    checked_key,
    may_be_sent,
    target_of,
)

TRICKS = [
    *[
        "..",
        ".",
        "../..",
        "..%2f..",
        "%2e%2e",
        "..;",
        "a/../../x",
        "/",
        "//evil.example/",
        "\\",
        "%00",
    ],
    *[
        "\0",
        "a\nb",
        "a\r\nHost: evil.example",
        "@evil.example",
        "#x",
        "?x",
        "a;b",
        "a%2fb",
        "%",
        "⁄",
    ],
]
TEMPLATES = ["/{id}", "/orders/{id}", "/{id}/lines", "/a/{id}.json", "/{id}{other}", "/x-{id}"]


def target_or_none(template, value, query=()):
    try:
        return target_of("/orders/v2", template, {"id": value, "other": value}, query)
    except NotSendable:
        return None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    template=st.sampled_from(TEMPLATES),
    value=st.one_of(
        st.text(max_size=20),
        st.text(alphabet="./%\\;:@?#2eEfF0", max_size=12),
        st.sampled_from(TRICKS),
    ),
    query=st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=3),
)
@example(template="/{id}", value="..", query=[])
@example(template="/{id}{other}", value=".", query=[])
def test_no_value_leads_out_of_the_api(template, value, query):
    target = target_or_none(template, value, query)

    if target is None:
        return
    path, _question, rest = target.partition("?")
    assert canonical_path(target) == path
    assert path.startswith("/orders/v2/")
    # As many parts as the template has: a slash in a value is none.
    assert path.count("/") == "/orders/v2".count("/") + template.count("/")
    assert ".." not in unquote(path).split("/")
    assert "#" not in target
    assert target.isascii()
    # What sends it reads it the same way, and to our host only.
    prepared = requests.Request("GET", f"https://api.example.org{target}").prepare()
    assert urlsplit(prepared.url).netloc == "api.example.org"
    assert prepared.path_url == target or not rest
    if not rest:
        assert prepared.path_url == target.removesuffix("?")


@settings(deadline=None)
@given(template=st.text(alphabet="/.%\\;?#{}ab@:", max_size=20))
@example(template="/../admin")
@example(template="//evil.example/x")
@example(template="@evil.example/x")
@example(template="/a?b")
@example(template="/a#b")
@example(template="/%2e%2e/admin")
def test_no_template_leads_out_of_the_api(template):
    """The document is an administrator's, and hostile all the same."""
    try:
        target = target_of("/orders", template, {"a": "x", "b": "y", "ab": "z"})
    except NotSendable:
        return

    assert canonical_path(target) == target
    assert target.startswith("/orders/")


@pytest.mark.parametrize("value", ["..", ".", "a/b", "a\\b", "50%", "a;b", "\0", "", "a\nb"])
def test_a_value_that_servers_read_differently_is_refused(value):
    with pytest.raises(NotSendable) as refusal:
        target_of("/orders", "/{id}", {"id": value})

    assert refusal.value.part == "path"


def test_values_are_encoded():
    query = [("q", "a b&c=d"), ("tag", "x"), ("tag", "ä")]

    target = target_of("/orders", "/{id}/lines", {"id": "Grün? #1"}, query)

    assert target == "/orders/Gr%C3%BCn%3F%20%231/lines?q=a%20b%26c%3Dd&tag=x&tag=%C3%A4"


def test_a_key_in_the_query_is_refused():
    for name in ["subscription-key", "Subscription-Key", "x-subscription-key"]:
        with pytest.raises(NotSendable, match="key in the address"):
            target_of("/orders", "/", {}, [(name, "secret")])


@pytest.mark.parametrize(
    "name",
    [
        *["Host", "Connection", "Transfer-Encoding", "Content-Length", "Upgrade", "TE", "Cookie"],
        *["Authorization", "Ocp-Apim-Subscription-Key", "Proxy-Authorization", "Forwarded"],
        *["X-Forwarded-For", "X-Original-URI", "X-Gateway-Secret", "X-Real-IP", "Expect"],
        *["X-HTTP-Method-Override", "Sec-Fetch-Site", "User-Agent", "Content-Type"],
        *["", "a b", "x:y", "x\r\nHost", "X-Ä", "x" * 101],
        *IDENTITY,
        *[alias for name in IDENTITY for alias in aliases_of(name)],
        *["x_forwarded_for", "X.Gateway.Secret", "transfer_encoding"],
    ],
)
def test_headers_that_are_not_the_callers(name):
    assert not may_be_sent(name)
    with pytest.raises(NotSendable):
        checked_headers({name: "value"})


def test_other_headers_pass_and_empty_ones_are_left_out():
    given = {"X-Request-Id": " 7 ", "If-None-Match": '"x"', "X-Trace": "", "Host": ""}

    assert checked_headers(given) == {"X-Request-Id": "7", "If-None-Match": '"x"'}


@pytest.mark.parametrize("value", ["a\r\nHost: evil.example", "a\nb", "a\0b", "ä", "a\x7fb"])
def test_a_header_cannot_become_two(value):
    with pytest.raises(NotSendable, match="printable"):
        checked_headers({"X-Request-Id": value})


@pytest.mark.parametrize("key", ["a b", "a\nb", "schlüssel", "x" * 257])
def test_what_can_be_no_key_is_refused_before_it_is_sent(key):
    with pytest.raises(NotSendable) as refusal:
        checked_key(key)

    assert refusal.value.part == "key"


def test_a_key_is_not_in_the_words_for_a_call():
    call = TrialCall("GET", "https://api.example.org", "/orders/", {}, "apim_live_secret")

    assert "secret" not in repr(call)
    assert call.url == "https://api.example.org/orders/"
