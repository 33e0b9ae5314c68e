"""Pasted lists: nobody is lost, nothing is passed over, nothing crashes."""

import time
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.address_lists import read_address_list
from base.addresses import canonical_address
from base.names import split_name

SOFIA, OMAR = "sofia@kelpworks.example", "omar@quarry.example"


def read(text):
    return [(entry.name, entry.email or f"! {entry.text}") for entry in read_address_list(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n,;\t,\n", []),
        (SOFIA, [("", SOFIA)]),
        (f"{SOFIA}, {OMAR}", [("", SOFIA), ("", OMAR)]),
        (f"{SOFIA}; {OMAR};", [("", SOFIA), ("", OMAR)]),
        (f"{SOFIA}\r\n\r\n{OMAR}\n", [("", SOFIA), ("", OMAR)]),
        (f"{SOFIA} {OMAR}", [("", SOFIA), ("", OMAR)]),
        (f"{SOFIA}\t{OMAR}", [("", SOFIA), ("", OMAR)]),
        (f"Sofia Brandt <{SOFIA}>", [("Sofia Brandt", SOFIA)]),
        (f"Sofia Brandt <{SOFIA}>, Omar <{OMAR}>", [("Sofia Brandt", SOFIA), ("Omar", OMAR)]),
        (f'"Brandt, Sofia" <{SOFIA}>; {OMAR}', [("Brandt, Sofia", SOFIA), ("", OMAR)]),
        # As Outlook copies them.
        (f"Brandt, Sofia <{SOFIA}>; Clarke, Omar <{OMAR}>", [("Brandt, Sofia", SOFIA), ("Clarke, Omar", OMAR)]),
        (f"Brandt, Sofia <{SOFIA}>, Clarke, Omar <{OMAR}>", [("Brandt, Sofia", SOFIA), ("Clarke, Omar", OMAR)]),
        (f'"{SOFIA}" <{SOFIA}>', [("", SOFIA)]),
        (f"'{SOFIA}' <{SOFIA}>", [("", SOFIA)]),
        (f"Sofia <mailto:{SOFIA}>", [("Sofia", SOFIA)]),
        (f"Sofia Brandt {SOFIA}", [("Sofia Brandt", SOFIA)]),
        (f"{SOFIA} Sofia Brandt", [("Sofia Brandt", SOFIA)]),
        (f"{SOFIA} (Sofia, at work)", [("Sofia at work", SOFIA)]),
        (f"To: Sofia <{SOFIA}>", [("Sofia", SOFIA)]),
        (f"An: {SOFIA}", [("", SOFIA)]),
        (f"mailto:{SOFIA}", [("", SOFIA)]),
        (f"A <{SOFIA}> B <{OMAR}>", [("A", SOFIA), ("B", OMAR)]),
        (f"Sofia {SOFIA} Omar {OMAR} nope", [("Sofia", SOFIA), ("Omar", OMAR), ("", "! nope")]),
        # From a table.
        (f"Sofia\tBrandt\t{SOFIA}\nOmar\tClarke\t{OMAR}", [("Sofia Brandt", SOFIA), ("Omar Clarke", OMAR)]),
        (f"{SOFIA}\tSofia\tBrandt", [("Sofia Brandt", SOFIA)]),
        # From a text.
        (f"<{SOFIA}>.", [("", SOFIA)]),
        (f"{SOFIA}.", [("", SOFIA)]),
        (f"‘{SOFIA}’, “{OMAR}”", [("", SOFIA), ("", OMAR)]),
        (f"< {SOFIA} >", [("", SOFIA)]),
        (f"\ufeff{SOFIA}", [("", f"! \ufeff{SOFIA}")]),
        (f"\xa0{SOFIA}\xa0", [("", SOFIA)]),
        ("o'brien+api@kelpworks.example", [("", "o'brien+api@kelpworks.example")]),
        ("SOFIA@Kelpworks.EXAMPLE", [("", SOFIA)]),
        ("sofia@münchen.example", [("", "sofia@xn--mnchen-3ya.example")]),
        # What is none says so.
        ("nope", [("", "! nope")]),
        (f"nope, {SOFIA}", [("", "! nope"), ("", SOFIA)]),
        (f"nope; Sofia <{SOFIA}>", [("", "! nope"), ("Sofia", SOFIA)]),
        ("@, x@, @y, a@b@c.example", [("", "! @"), ("", "! x@"), ("", "! @y"), ("", "! a@b@c.example")]),
        (f'"Brandt, Sofia <{SOFIA}>', [("Brandt, Sofia", SOFIA)]),
        (f"Sofia <{SOFIA}", [("Sofia", SOFIA)]),
        # Bullets, numbers and joining words of a list.
        (f"- {SOFIA}\n2) {OMAR}", [("", SOFIA), ("", OMAR)]),
        (f"1. {SOFIA} and {OMAR}", [("", SOFIA), ("", OMAR)]),
        # A name that cannot be one is left to the address.
        (f"see www.evil.example <{SOFIA}>", [("", SOFIA)]),
        (f"{'x' * 101} <{SOFIA}>", [("", SOFIA)]),
    ],
)  # fmt: skip
def test_lists_are_read_as_they_were_meant(text, found):
    assert read(text) == found


def test_a_problem_is_a_sentence():
    assert [entry.problem for entry in read_address_list("nope, x@")] == [
        "Enter a valid email address, such as name@example.org.",
        "Enter a valid email address, such as name@example.org.",
    ]


word = st.text("abcdefgäöüßéñ", min_size=1, max_size=8)
name = st.one_of(
    st.just(""),
    st.lists(word, min_size=1, max_size=3).map(" ".join),
    st.tuples(word, word).map(lambda two: f'"{two[0]}, {two[1]}"'),
)
local = st.from_regex(
    r"[a-z0-9][a-z0-9!#$%&'*+/=?^_`{|}~-]{0,8}(\.[a-z0-9-]{1,6})?", fullmatch=True
)
address = st.tuples(local, st.from_regex(r"[a-z][a-z0-9]{0,8}\.example", fullmatch=True)).map(
    "@".join
)
entry = st.tuples(name, address).map(lambda pair: f"{pair[0]} <{pair[1]}>" if pair[0] else pair[1])
separator = st.sampled_from([",", ";", "\n", "\r\n", " , ", ";\n", ",\n\n", " \n\t"])


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(entry, separator), max_size=8))
def test_no_valid_address_is_lost(parts):
    text = "".join(part + end for part, end in parts)
    wanted = [canonical_address(part.rpartition("<")[2].strip("> ")) for part, _end in parts]

    assert [found.email for found in read_address_list(text)] == wanted


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=300) | st.text("a@b.cd <>(),;:\"\t\n\\'", max_size=100))
def test_nothing_crashes_and_each_entry_reads_as_itself(text):
    for found in read_address_list(text):
        assert bool(found.email) != bool(found.problem)
        assert found.text
        split_name(found.name)
        if found.email:
            assert list(read_address_list(found.text)) == [found]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "@" * 100_000, '"' * 99_999, "<" * 99_999, "(" * 99_999, "a@," * 30_000,
             "<" + " " * 50_000 + "@" + " " * 49_000 + "x", "<" + "a@b " * 24_000,
             "a@b " * 25_000, "<a@b>" * 20_000, "\\" * 99_999, "a,\t" * 30_000]
)  # fmt: skip
def test_hostile_pastes_take_little_time(text):
    start = time.process_time()
    list(islice(read_address_list(text), 2000))
    assert time.process_time() - start < 3
