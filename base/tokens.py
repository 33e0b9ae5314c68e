"""Secrets that travel in links, and the digests that secrets are kept as.

``secret = HMAC-SHA-256(key, purpose | row id | nonce)``. A row keeps the nonce and the SHA-256 of
the secret, never the secret: the mail worker derives the same link again from row and key, and
somebody with the database but without ``APIM_SECRET_KEY`` can build none. Stored secrets are digested
under ``APIM_DIGEST_KEY``, which is the same where it is not set (base.secret_keys). The purpose is part of
the MAC, so that an invitation never works as a password link.
"""

import base64
import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from uuid import UUID

from base.secret_keys import digest_keys, key_id, signing_keys

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_nonce() -> str:
    """256 random bits, URL-safe; kept in the row."""
    return secrets.token_urlsafe(32)


def derive_token(
    *, purpose: str, row_id: UUID, nonce: str, digest: str = "", under: str = ""
) -> str:
    """The token of a row: 43 URL-safe characters, the same every time.

    A row that keeps the ``digest`` of its token, or the id of the key it is ``under``, gets the
    token of that key, so that links outlive a rotation of ``APIM_SECRET_KEY``. Where that key is
    gone it gets one of the present key, which a row with a digest must take over first.
    """
    candidates = dict(zip(signing_keys(), _candidates(purpose, row_id, nonce), strict=True))
    for key, token in candidates.items():
        if (digest and token_digest(token) == digest) or (under and key_id(key) == under):
            return token
    return next(iter(candidates.values()))


def signing_key_of(*, purpose: str, row_id: UUID, nonce: str, digest: str) -> str:
    """The id of the key that the row's token was made under; empty where that key is gone."""
    return next(
        (
            key_id(key)
            for key in signing_keys()
            if token_digest(_derive(key, purpose, row_id, nonce)) == digest
        ),
        "",
    )


def token_digest(token: str) -> str:
    """What the row keeps, and what a presented token is looked up by (hex SHA-256)."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_well_formed(token: str) -> bool:
    """Whether it could be one of ours; asked before any query."""
    return _SHAPE.fullmatch(token) is not None


def token_matches(token: str, *, purpose: str, row_id: UUID, nonce: str) -> bool:
    """Whether ``token`` is the row's, under the present key or a fallback; in constant time."""
    candidates = _candidates(purpose, row_id, nonce)
    return any(hmac.compare_digest(token.encode(), candidate.encode()) for candidate in candidates)


def keyed_digests(secret: str, *, purpose: str) -> list[str]:
    """What a stored secret is looked up by: hex HMAC-SHA-256 under the present key, then each fallback.

    For secrets with 112 random bits or more, which need no slow hash (ASVS 5.0 11.5.1, 6.5.2).
    """
    digests = []
    for key in digest_keys():
        mac = _mac(purpose, key).copy()
        mac.update(secret.encode())
        digests.append(mac.hexdigest())
    return digests


@lru_cache(maxsize=16)
def _mac(purpose: str, key: str) -> hmac.HMAC:
    """Begun under the purpose's pepper and copied for each secret: preparing it costs more than both."""
    pepper = hmac.digest(purpose.encode(), key.encode(), "sha256")
    return hmac.new(pepper, digestmod="sha256")


def _candidates(purpose: str, row_id: UUID, nonce: str) -> list[str]:
    return [_derive(key, purpose, row_id, nonce) for key in signing_keys()]


def _derive(key: str, purpose: str, row_id: UUID, nonce: str) -> str:
    message = "|".join([purpose, str(row_id), nonce]).encode()
    digest = hmac.digest(f"apim.links:{key}".encode(), message, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
