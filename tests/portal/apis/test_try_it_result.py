"""A call and its answer as text: nothing changed, the key never whole."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.keys import new_key
from gateway.try_it.sending import MAX_ANSWER, TrialAnswer
from gateway.try_it.trial_calls import TrialCall
from portal.apis.try_it_result import MAX_SHOWN, exchange_of, indented

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


def a_call(key="", **facts):
    given = {"method": "POST", "base": "https://api.example.org", "target": "/orders/7?q=it's"}
    headers = {"X-Request-Id": "7", "Content-Type": "application/json"}
    return TrialCall(**given, headers=headers, key=key, **facts)


def shown(body=b"", kind="application/json", *, key="", is_cut=False, status=200, **headers):
    given = (("Content-Type", kind), *((name.replace("_", "-"), v) for name, v in headers.items()))
    return exchange_of(a_call(key), TrialAnswer(status, "Fine", given, body, is_cut, 12))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_indenting_changes_white_space_only(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    assert indented(text) == json.dumps(value, indent=2, ensure_ascii=ascii_only)


@pytest.mark.parametrize(
    "text",
    ["", "{", "no json", '{"a": }', "[" * 100_000, "[" * 900 + "1," * 100_000 + "1" + "]" * 900],
)
def test_what_cannot_be_indented_stays_as_it_is(text):
    assert indented(text) == text


def test_numbers_stay_as_they_were_written():
    written = '{"a":1.10,"a":100000000000000000000000,"b":1E5}'

    assert indented(written) == ('{\n  "a": 1.10,\n  "a": 100000000000000000000000,\n  "b": 1E5\n}')


def test_the_key_is_masked_wherever_it_comes_back():
    key = new_key()
    exchange = shown(f'{{"you sent": "{key}"}}'.encode(), key=key, X_Echo=f"Bearer {key}")

    assert key not in repr(exchange)
    assert f"{key[:18]}…" in exchange.body
    assert f"Bearer {key[:18]}…" in exchange.headers
    assert f"Ocp-Apim-Subscription-Key: {key[:18]}…" in exchange.request
    assert "$APIM_KEY" in exchange.curl


def test_a_short_wrong_key_does_not_hide_the_answer():
    assert shown(b'{"a": "banana"}', key="a").body == '{\n  "a": "banana"\n}'


def test_the_call_is_told_in_full():
    exchange = exchange_of(a_call(body=b'{"note": "it\'s"}'), None, "Nobody there.")

    assert exchange.failure == "Nobody there."
    assert exchange.request.splitlines()[:2] == ["POST /orders/7?q=it's", "Host: api.example.org"]
    assert exchange.request.endswith('\n\n{"note": "it\'s"}')
    assert "Ocp-Apim" not in exchange.request + exchange.curl
    assert "--data-raw" in exchange.curl
    assert "'https://api.example.org/orders/7?q=it'\"'\"'s'" in exchange.curl


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'{"a":1}', "application/problem+json", '{\n  "a": 1\n}'),
        (b'{"a":1}', "", '{\n  "a": 1\n}'),
        (b'{"a":1}', "text/plain", '{"a":1}'),
        ("Grün".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Grün"),
        ("Grün".encode("latin-1"), "text/plain", "Gr\ufffdn"),
        ("Grün".encode(), 'text/plain; charset="utf-8"', "Grün"),
        (b"a", "text/plain; charset=punycode", "a"),
        (b"<a/>", "application/atom+xml", "<a/>"),
        (b"\x89PNG\xff", "image/png", ""),
        (b"plain enough", "image/png", "plain enough"),
    ],
)
def test_text_is_shown_and_nothing_else(body, kind, text):
    exchange = shown(body, kind)

    assert exchange.body == text
    assert ("no text" in exchange.note) == (text == "")


def test_what_is_not_shown_is_said():
    assert "no body" in shown(b"").note
    assert "compressed (gzip)" in shown(b"\x1f\x8b", Content_Encoding="gzip").note
    assert shown(b"{}", Content_Encoding="identity").note == ""
    cut = shown("ä".encode()[:1] * 3 + b"x", "", is_cut=True)
    assert "no text" in cut.note


def test_a_cut_within_a_character_is_no_binary():
    exchange = shown(b'{"a": "' + "ä".encode()[:1], is_cut=True)

    assert exchange.body == '{"a": "'
    assert exchange.note == "Only the first 256 KiB are shown."


def test_sizes_and_moods():
    assert shown(b"x", "text/plain").size == "1 byte"
    assert shown(b"x" * 2048, "text/plain").size == "2 KiB"
    moods = [
        (200, "good"),
        (204, "good"),
        (302, "mute"),
        (401, "wait"),
        (503, "bad"),
        (999, "mute"),
    ]
    for status, mood in moods:
        assert shown(status=status).mood == mood
    assert shown(status=401).is_refused_key
    assert MAX_SHOWN > MAX_ANSWER
