"""What a gateway proves itself with: ``apim_gateway_<43 URL-safe characters>``, 256 random bits.

Kept as ``base.tokens.keyed_digests``, so that a copy of the database lets nobody ask the check.
"""

from functools import lru_cache

from base.secret_keys import digest_keys
from base.tokens import keyed_digests, new_nonce

PREFIX = "apim_gateway_"
_SHOWN = 6


def new_secret() -> str:
    """A fresh secret in plain text; the caller shows it once and keeps its digest."""
    return PREFIX + new_nonce()


def digests_of(secret: str) -> list[str]:
    """What a secret is looked up by, under the present digest key and each earlier one."""
    return _digests_of(secret, *digest_keys())


# A few gateways prove themselves all the time. A digest is no verdict: the row is read anew.
@lru_cache(maxsize=64)
def _digests_of(secret: str, *_keys: str) -> list[str]:
    return keyed_digests(secret, purpose="apim.gateways")


def prefix_of(secret: str) -> str:
    """The beginning that pages show."""
    return secret[: len(PREFIX) + _SHOWN]
