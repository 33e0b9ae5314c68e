"""The keys of the service from the environment, and what production refuses of them, by name."""

import os
import re
from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured

from apim.secret_strength import MIN_LENGTH, is_guessable
from base.variables import read_list, read_text

# For a checkout only: whoever reads this file knows it.
DEBUG_SECRET = "for-development-only-never-in-production-" + "x" * 24
MAKE_ONE = "Make one with: openssl rand -base64 48"

_KEY_ID = re.compile(r"[0-9a-f]{8}")
# A person's password may begin as it likes.
_NOT_MADE_BY_A_SHELL = {"APIM_ADMIN_PASSWORD"}
_LISTS = {"APIM_SECRET_KEY_FALLBACKS", "APIM_DIGEST_KEY_FALLBACKS", "APIM_MAIL_WEBHOOK_SECRET"}
# As the password of a URL or of the webhook.
_UNEXPANDED = re.compile(r"[:@/=]\$[({]")


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What signs, what digests (empty: the same), and the keys that may be lost."""

    secret_key: str = field(repr=False)
    secret_key_fallbacks: list[str] = field(repr=False)
    digest_key: str = field(repr=False)
    digest_key_fallbacks: list[str] = field(repr=False)
    drop_keys: list[str]


def read_secrets(secret_key: str, *, debug: bool) -> Secrets:
    """The rest beside ``secret_key``. Raises ImproperlyConfigured naming the variable and the cure."""
    secrets = Secrets(
        secret_key=secret_key,
        secret_key_fallbacks=read_list("APIM_SECRET_KEY_FALLBACKS"),
        digest_key=read_text("APIM_DIGEST_KEY"),
        digest_key_fallbacks=read_list("APIM_DIGEST_KEY_FALLBACKS"),
        drop_keys=[name.lower() for name in read_list("APIM_DROP_KEYS")],
    )
    for name in secrets.drop_keys:
        if not _KEY_ID.fullmatch(name):
            raise ImproperlyConfigured(
                f"APIM_DROP_KEYS has {name!r}. It takes ids of keys as `manage.py secrets` shows "
                "them, for example APIM_DROP_KEYS=3f9a1c22."
            )
    if not debug:
        _refuse_known(secrets)
        _refuse_weak(secrets)
    return secrets


def refuse_unexpanded() -> None:
    """``$(openssl ...)`` in a file that no shell reads is a secret that everybody can guess."""
    for name in sorted(os.environ):
        if name in _NOT_MADE_BY_A_SHELL or not name.startswith("APIM_"):
            continue
        value = os.environ[name] if name.endswith("_FILE") else read_text(name)
        values = read_list(name) if name in _LISTS else [value.strip()]
        if any(one.startswith("$") for one in values) or _UNEXPANDED.search(value):
            raise ImproperlyConfigured(
                f"{name} has a value that begins with $: nothing replaced it by what it stands for. "
                f"Write the value itself, or put it into a file and name that with {name}_FILE."
            )


def _refuse_known(secrets: Secrets) -> None:
    values = {
        "APIM_SECRET_KEY": [secrets.secret_key],
        "APIM_SECRET_KEY_FALLBACKS": secrets.secret_key_fallbacks,
        "APIM_DIGEST_KEY": [secrets.digest_key],
        "APIM_DIGEST_KEY_FALLBACKS": secrets.digest_key_fallbacks,
    }
    for name, keys in values.items():
        if DEBUG_SECRET in keys:
            raise ImproperlyConfigured(
                f"{name} holds the secret for development, which stands in the source. {MAKE_ONE}"
            )


def _refuse_weak(secrets: Secrets) -> None:
    """Of those that make something today. An earlier digest key may be weak: what it digested is
    random itself."""
    present = {"APIM_SECRET_KEY": secrets.secret_key, "APIM_DIGEST_KEY": secrets.digest_key}
    for name, key in present.items():
        if not key:
            continue
        if len(key) < MIN_LENGTH:
            raise ImproperlyConfigured(
                f"{name} is shorter than {MIN_LENGTH} characters. {MAKE_ONE}"
            )
        if is_guessable(key):
            raise ImproperlyConfigured(
                f"{name} can be guessed: it repeats itself, or is made of words or sequences. "
                f"{MAKE_ONE}"
            )
    if any(is_guessable(key) for key in secrets.secret_key_fallbacks):
        raise ImproperlyConfigured(
            "APIM_SECRET_KEY_FALLBACKS has a key that can be guessed, and what it signs is believed. "
            "Take it out, and put it into APIM_DIGEST_KEY_FALLBACKS for the subscription keys and "
            "gateway secrets that stand under it. Sessions and links made under it end."
        )
