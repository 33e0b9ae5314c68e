"""The keys from the environment: which sign, which digest, and how each is called.

Two rings, the present key first. ``APIM_SECRET_KEY`` and its fallbacks sign: sessions, cookies,
links. ``APIM_DIGEST_KEY`` and its fallbacks make the digests that secrets are stored as. Where no
digest key is set the secret key does both; it and its fallbacks stay at the end of the second ring,
so that setting a digest key for the first time loses nothing.

A row says under which key it stands by the key's id, which gives nothing of the key away.
"""

import hmac
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

_ID_LENGTH = 8
# The id of a key that was gone before ids were noted.
UNKNOWN = "unknown"
# Of a column that holds ids.
MAX_IDS_LENGTH = 200
_FITTING = (MAX_IDS_LENGTH + 1) // (_ID_LENGTH + 1)


def signing_keys() -> tuple[str, ...]:
    """What signs, the present key first, then those that still count."""
    return _ring("", (), settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


def digest_keys() -> tuple[str, ...]:
    """What digests stored secrets, the present key first, then those that still count."""
    return _ring(
        settings.DIGEST_KEY,
        tuple(settings.DIGEST_KEY_FALLBACKS),
        settings.SECRET_KEY,
        tuple(settings.SECRET_KEY_FALLBACKS),
    )


def signing_key_id() -> str:
    """What a row made now is said to stand under."""
    return key_id(signing_keys()[0])


def digest_key_id() -> str:
    """What a digest made now is said to stand under."""
    return key_id(digest_keys()[0])


def ids_of(keys: Iterable[str]) -> list[str]:
    return [key_id(key) for key in keys]


def possible_signing_keys() -> str:
    """For rows of before: the ids of the keys that one of them made it, joined by commas."""
    return ",".join(ids_of(signing_keys())[:_FITTING])


def possible_digest_keys() -> str:
    return ",".join(ids_of(digest_keys())[:_FITTING])


def variables_of(key: str) -> list[str]:
    """The variables that hold the key, for people who look for it."""
    places = {
        "APIM_DIGEST_KEY": [settings.DIGEST_KEY],
        "APIM_DIGEST_KEY_FALLBACKS": settings.DIGEST_KEY_FALLBACKS,
        "APIM_SECRET_KEY": [settings.SECRET_KEY],
        "APIM_SECRET_KEY_FALLBACKS": settings.SECRET_KEY_FALLBACKS,
    }
    return [name for name, keys in places.items() if key in keys]


@lru_cache(maxsize=64)
def key_id(key: str) -> str:
    """32 bits of an HMAC: enough to tell keys apart, nothing to find one by."""
    return hmac.digest(b"apim.key-id", key.encode(), "sha256").hex()[:_ID_LENGTH]


# Asked at every call of the check.
@lru_cache(maxsize=16)
def _ring(
    first: str, second: tuple[str, ...], third: str, fourth: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(key for key in dict.fromkeys([first or third, *second, third, *fourth]) if key)
