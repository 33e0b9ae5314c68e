"""Whether a secret could be guessed: an estimate that knows repetition, sequences and words.

No estimate proves randomness. This one finds what people type: one character again and again, a row
of the keyboard, a phrase. ``openssl rand -base64 48``, ``-hex 32`` and Django's own generator are
told apart from those with room to spare (tests/apim/test_secret_strength.py tries thousands).
"""

import math
import re
from itertools import pairwise

MIN_LENGTH = 50
MIN_BITS = 120

_ROWS = [
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1234567890",
    "!@#$%^&*()_+",
]
_NEIGHBOURS = {pair for row in _ROWS for pair in [*pairwise(row), *pairwise(reversed(row))]}
# The pairs of letters that English and German words are made of: half of all pairs in a phrase,
# a tenth in random letters.
_WORD_PAIRS = (
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve "
    "co me de hi ri ro ic ne ea ra ce li ch be ma si om ur ec et el la ta na di ho ei ke ey ge sc un"
)
_OF_WORDS = set(_WORD_PAIRS.split())
_LOOKALIKES = str.maketrans("013457$@!", "oieastsai")
_HEX = re.compile(r"[0-9a-fA-F\-:]+")


def is_guessable(secret: str) -> bool:
    """Too little in it that could not be foretold, or it reads like words."""
    is_of_startproject = secret.startswith("django-insecure-")
    return is_of_startproject or _bits(secret) < MIN_BITS or _reads_like_words(secret)


def _bits(secret: str) -> float:
    """What each character adds to those before it."""
    fresh = math.log2(max(2, min(64, len(set(secret)))))
    text, seen, bits = secret.lower(), set(), 0.0
    for at, character in enumerate(text):
        before = text[max(0, at - 2) : at]
        pair = text[max(0, at - 1) : at + 1]
        triple = before + character
        if triple in seen or pair == character * 2:
            bits += 0.5
        elif _continues(pair) or (at > 1 and _is_step(text[at - 2], character)):
            bits += 1
        elif pair in _OF_WORDS:
            bits += 1.5
        else:
            bits += fresh
        seen.add(triple)
    return bits


def _continues(pair: str) -> bool:
    return len(pair) == 2 and (_is_step(*pair) or (pair[0], pair[1]) in _NEIGHBOURS)


def _is_step(first: str, second: str) -> bool:
    """``a`` and ``b``, ``7`` and ``6``, or the same again."""
    return first.isalnum() and second.isalnum() and abs(ord(first) - ord(second)) <= 1


def _reads_like_words(secret: str) -> bool:
    text = secret.lower()
    if _HEX.fullmatch(text):
        return False
    return _share(text, least=0.4) >= 0.45 or _share(text.translate(_LOOKALIKES), least=0.6) >= 0.48


def _share(text: str, *, least: float) -> float:
    """How many of its pairs of letters are those of words; 0 where letters are too few to tell."""
    pairs = [a + b for a, b in pairwise(text) if a.isalpha() and b.isalpha() and a != b]
    if len(pairs) < least * len(text):
        return 0
    return sum(pair in _OF_WORDS for pair in pairs) / len(pairs)
