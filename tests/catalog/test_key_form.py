"""How a key looks, and what is kept of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.keys import KEY_PATTERN, digest_of, digests_of, is_plausible, new_key, prefix_of

IMPORTED = "0f8fad5bd9cb469fa16570867728950e"


def test_a_key_matches_the_published_pattern_and_says_where_it_is_from(settings):
    settings.DEBUG = False
    live = new_key()
    settings.DEBUG = True

    assert re.fullmatch(KEY_PATTERN, live)
    assert live.startswith("apim_live_")
    assert new_key().startswith("apim_test_")
    assert len({new_key() for _count in range(100)}) == 100


@given(position=st.integers(0, 63), letter=st.sampled_from("0AZaz_-"))
def test_one_wrong_character_is_seen_without_a_query(position, letter):
    key = new_key()
    typo = key[: position % len(key)] + letter + key[position % len(key) + 1 :]

    assert is_plausible(key)
    # A first letter that differs makes it a stranger's key, which carries no checksum.
    assert typo == key or not typo.startswith("apim_") or not is_plausible(typo)


@pytest.mark.parametrize(
    "value",
    ["", "short", "x" * 257, "has a space in the middle", "tab\tin the value", "ümlaut" * 5],
)
def test_what_can_be_no_key_is_refused(value):
    assert not is_plausible(value)


def test_a_prefix_recognises_a_key_without_giving_it_away():
    key = new_key()

    assert prefix_of(key) == key[:18]
    assert prefix_of(IMPORTED) == "0f8fad5b"
    assert prefix_of("0123456789abcdef") == "0123"


def test_a_key_is_found_under_an_earlier_secret_and_stored_under_the_present_one(settings):
    before = digest_of(IMPORTED)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret " * 5

    assert digests_of(IMPORTED) == [digest_of(IMPORTED), before]
    assert digest_of(IMPORTED) != before
