"""How a key looks and what is kept of it.

``apim_live_<43 base62>_<6 base62>``: a prefix that secret scanners know, 256 random bits, and a
CRC-32 of everything before it, which refuses a typo without a query. Matches ``KEY_PATTERN``.
What is kept is ``HMAC-SHA-256(pepper, key)``; the pepper comes from ``APIM_DIGEST_KEY``, so that a
copy of the database opens nothing (SECURITY: OWASP Secrets Management, ASVS 5.0 11.5.1).
"""

import re
import secrets
import zlib

from django.conf import settings

from base.tokens import keyed_digests

KEY_PATTERN = r"apim_(live|test)_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}"
MIN_IMPORTED = 16
MAX_IMPORTED = 256

_OURS = re.compile(KEY_PATTERN)
_IMPORTABLE = re.compile(rf"[\x21-\x7e]{{{MIN_IMPORTED},{MAX_IMPORTED}}}")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Two digits at a time: every call to the check computes a checksum.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_RANDOM_CHARACTERS = 43
_SHOWN_OF_OURS = 8


def new_key() -> str:
    """A fresh key in plain text; the caller shows it once and keeps its digest."""
    random = "".join(secrets.choice(_ALPHABET) for _count in range(_RANDOM_CHARACTERS))
    body = f"apim_{'test' if settings.DEBUG else 'live'}_{random}"
    return f"{body}_{_checksum(body)}"


def is_plausible(key: str) -> bool:
    """False for what can be no key of ours: asked before any query, so typos cost nothing.

    Imported keys carry no checksum, so only a key in our own form can be refused by it.
    """
    if key.startswith("apim_"):
        return _OURS.fullmatch(key) is not None and key[-6:] == _checksum(key[:-7])
    return _IMPORTABLE.fullmatch(key) is not None


def prefix_of(key: str) -> str:
    """The beginning that lists show: 8 random characters of ours, at most a quarter of an imported one."""
    if _OURS.fullmatch(key):
        return key[: len("apim_live_") + _SHOWN_OF_OURS]
    return key[: min(8, len(key) // 4)]


def digests_of(key: str) -> list[str]:
    """What a key is looked up by: its digest under the present pepper, then under each earlier one."""
    return keyed_digests(key, purpose="apim.keys")


def digest_of(key: str) -> str:
    """What is stored for a key made or imported now."""
    return digests_of(key)[0]


def _checksum(text: str) -> str:
    number, last = divmod(zlib.crc32(text.encode()), len(_PAIRS))
    first, middle = divmod(number, len(_PAIRS))
    return _PAIRS[first] + _PAIRS[middle] + _PAIRS[last]
