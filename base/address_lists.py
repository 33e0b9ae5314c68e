"""Addresses as people paste them: from a mail program, a table, a text, one line or many."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from base.addresses import canonical_address
from base.names import clean_name

LONGEST_NAME = 100
# Quoted words, an address in angle brackets and a remark keep their commas, if they end in the line.
_TOKENS = re.compile(r'"[^"]*"|<[^<>]*>|\([^()]*\)|[,;\t]|[^"<>(),;\t]+|.')
# Nothing in it can match a thing in two ways: a list may be long, and hostile.
_BRACKETED = re.compile(r"<([^<>@]*@[^<>]*)>")
_WORDS = re.compile(r"[\s<>()\[\]\",;:]+")
_PREFIXES = re.compile(r"^\s*(?:to|cc|bcc|from|an|kopie|von)\s*:|\bmailto:", re.IGNORECASE)
_NEEDS_QUOTES = re.compile(r"[\",;<>()@:\t]")
_JOINING = {"and", "or", "und", "oder"}
# What stands around an address in a text, and is no part of one at that end.
_AROUND = ".!?'`´‘’“”„«»*|…"


@dataclass(frozen=True)
class Entry:
    """One person of a list. ``text`` is the entry by itself, and read again gives the same.

    ``email`` is canonical, or empty where ``problem`` says what is wrong.
    """

    text: str
    name: str = ""
    email: str = ""
    problem: str = ""


@dataclass(frozen=True)
class _Piece:
    text: str
    # The sign it ended with: a comma, a semicolon, a tab or nothing.
    end: str

    @property
    def has_address(self) -> bool:
        return "@" in self.text

    @property
    def is_bracketed(self) -> bool:
        return _BRACKETED.search(self.text) is not None


def read_address_list(text: str) -> Iterator[Entry]:
    """Everybody in a pasted text, in its order, repeated ones repeated.

    Entries end with a line, a comma, a semicolon or a tab; bare addresses with a space, too. Names
    may stand before their address ("Sofia Brandt <sofia@...>", also "Brandt, Sofia <...>"), or in
    the cells beside it. What holds no address is an entry with a problem: nothing is passed over.
    Reads no further than it is asked.
    """
    for line in text.splitlines():
        yield from _read_line(_PREFIXES.sub("", line))


def _read_line(line: str) -> Iterator[Entry]:
    pieces = _pieces_of(line)
    if _is_row_of_cells(pieces):
        cells = [piece.text for piece in pieces if not piece.has_address]
        [address] = [piece for piece in pieces if piece.has_address]
        yield from _read_piece(address.text, name=" ".join(cells))
        return
    name_begins = ""
    for index, piece in enumerate(pieces):
        if piece.has_address:
            yield from _read_piece(piece.text, begins=name_begins)
            name_begins = ""
        elif piece.end == "," and pieces[index + 1 :] and pieces[index + 1].is_bracketed:
            # "Brandt, Sofia <sofia@...>"
            name_begins = f"{piece.text}, "
        else:
            yield _malformed(piece.text)


def _pieces_of(line: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    words: list[str] = []
    for token in [*_TOKENS.findall(line), ""]:
        if token in {",", ";", "\t", ""}:
            if text := "".join(words).strip():
                pieces.append(_Piece(text, token))
            words = []
        else:
            words.append(token)
    return pieces


def _is_row_of_cells(pieces: list[_Piece]) -> bool:
    """Pasted from a table: tabs between cells, and one of them is an address."""
    tabs = any(piece.end == "\t" for piece in pieces)
    return (
        tabs
        and all(piece.end in {"\t", ""} for piece in pieces)
        and sum(piece.has_address for piece in pieces) == 1
    )


def _read_piece(text: str, *, begins: str = "", name: str = "") -> Iterator[Entry]:
    """The addresses between two separators: in brackets with names, or bare."""
    found = list(_BRACKETED.finditer(text))
    if found:
        starts = [0, *(match.end() for match in found[:-1])]
        for start, match in zip(starts, found, strict=True):
            before = text[start : match.start()]
            given = begins + before if start == 0 else before
            yield _entry(match[1].strip(), name=given if given.strip() else name)
        return
    words = [word for word in _WORDS.split(text) if word]
    addresses = [index for index, word in enumerate(words) if "@" in word]
    if not addresses:
        yield _malformed(text)
        return
    after = words[addresses[-1] + 1 :]
    if len(addresses) == 1:
        # The name may stand behind it, too.
        beside = words[: addresses[0]] or after
        yield _entry(words[addresses[0]], name=" ".join(beside) or name)
        return
    start = 0
    for index in addresses:
        yield _entry(words[index], name=" ".join(words[start:index]))
        start = index + 1
    if after:
        yield _malformed(" ".join(after))


def _entry(address: str, *, name: str = "") -> Entry:
    name = _tidy_name(name)
    problem = ""
    for candidate in [address, address.strip(_AROUND)]:
        try:
            email = canonical_address(candidate)
        except ValidationError as refusal:
            problem = problem or " ".join(refusal.messages)
        else:
            return Entry(text=_as_text(name, email), name=name, email=email)
    return Entry(text=_as_text(name, address), name=name, problem=problem)


def _malformed(text: str) -> Entry:
    try:
        canonical_address(text)
    except ValidationError as refusal:
        return Entry(text=" ".join(text.split()), problem=" ".join(refusal.messages))
    raise AssertionError(text)  # It holds no @.


def _tidy_name(name: str) -> str:
    """The name without quotes; nothing where it is none, for one can be made from the address."""
    text = " ".join(name.replace('\\"', "'").replace('"', " ").strip().strip(_AROUND).split())
    try:
        text = clean_name(text)
    except ValidationError:
        return ""
    # The bullets and numbers of a list, and the "and" before its last entry.
    if not any(character.isalpha() for character in text) or text.lower() in _JOINING:
        return ""
    return text if len(text) <= LONGEST_NAME and "@" not in text else ""


def _as_text(name: str, address: str) -> str:
    if not name:
        return address
    return f'"{name}" <{address}>' if _NEEDS_QUOTES.search(name) else f"{name} <{address}>"
