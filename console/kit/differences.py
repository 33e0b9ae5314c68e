"""What differs between two versions of a text, for people: unchanged, removed and added pieces."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# A variable or a condition is one word.
_WORDS = re.compile(r"(?:{{[^{}\n]*}}|{%[^{}\n]*%}|[^\s{]+|{)\s*|\s+")


@dataclass(frozen=True)
class Piece:
    """``kind`` is "same", "removed" or "added"."""

    kind: str
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """The pieces of both, in order: line by line, and word by word where lines were changed."""
    pieces: list[Piece] = []
    for before, after in _changes(old.splitlines(True), new.splitlines(True)):
        if before == after:
            pieces.append(Piece("same", "".join(before)))
            continue
        words = _WORDS.findall("".join(before)), _WORDS.findall("".join(after))
        for removed, added in _changes(*words):
            if removed == added:
                pieces.append(Piece("same", "".join(removed)))
                continue
            pieces += [Piece("removed", "".join(removed))] if removed else []
            pieces += [Piece("added", "".join(added))] if added else []
    return pieces


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[list[str], list[str]]]:
    matcher = SequenceMatcher(None, old, new)
    for _tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        yield list(old[begin:end]), list(new[other_begin:other_end])
