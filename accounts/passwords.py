"""How passwords are judged and hashed."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.crypto import get_random_string
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.password_patterns import unpredictable
from base import server

if TYPE_CHECKING:
    from accounts.models import User

MAX_LENGTH = 128
# Fewer than the server's threads: while every slot is taken, others answer the probes and the check.
# A hash keeps a processor busy, so more than there are would only take turns.
SLOTS = max(1, min(4, server.threads() // 2, os.cpu_count() or 1))
SLOT_WAIT_SECONDS = 2
BLOCKLIST = Path(__file__).parent / "common_passwords.txt"
# Of the characters of a password, so many must be no pattern (half of a shorter minimum).
UNPREDICTABLE = 6
# Without 0/O, 1/l/I: a suggested password may be read out over the telephone.
UNAMBIGUOUS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_slots = threading.BoundedSemaphore(SLOTS)


class HashingBusy(Exception):
    """All hashing slots stayed taken; answer 503 with Retry-After."""


@contextmanager
def _slot() -> Iterator[None]:
    """At most ``SLOTS`` hashes at once per process, so that memory stays below SLOTS x 46 MiB."""
    if not _slots.acquire(timeout=SLOT_WAIT_SECONDS):
        raise HashingBusy
    try:
        yield
    finally:
        _slots.release()


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters m = 46 MiB, t = 1, p = 1.

    Four times the sign-ins of Django's defaults on two cores at the same strength (ASVS 11.4.2).
    """

    time_cost = 1
    memory_cost = 47104
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _slot():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        if len(password) > MAX_LENGTH:
            return False
        with _slot():
            return super().verify(password, encoded)


class LengthValidator:
    """Between ``PASSWORD_MIN_LENGTH`` and 128 characters, and no other composition rule (NIST SP 800-63B)."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        minimum = settings.PASSWORD_MIN_LENGTH
        if len(password) < minimum:
            raise ValidationError(
                ngettext(
                    "Use at least %(minimum)d character. This one has %(length)d.",
                    "Use at least %(minimum)d characters. This one has %(length)d.",
                    minimum,
                )
                % {"minimum": minimum, "length": len(password)},
                code="password_too_short",
            )
        if len(password) > MAX_LENGTH:
            raise ValidationError(
                _("Use at most %(maximum)d characters.") % {"maximum": MAX_LENGTH},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return gettext("At least %(minimum)d characters. A few unrelated words work well.") % {
            "minimum": settings.PASSWORD_MIN_LENGTH
        }


class BlocklistValidator:
    """Refuses passwords that attackers try first (NIST SP 800-63B-4, ASVS 6.2.4)."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        if password.casefold() in _blocklist() or len(set(password.casefold())) < 4:
            raise ValidationError(
                _("This password is among the first that attackers try. Choose another."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return gettext("Not one that is widely used.")


class PatternValidator:
    """Refuses passwords that are little more than keyboard rows, sequences, repetitions or common words.

    No list has them all: "qwertyuiopasdfgh", "welcome2026!!", "abcabcabcabc".
    """

    def validate(self, password: str, user: "User | None" = None) -> None:
        minimum = settings.PASSWORD_MIN_LENGTH
        # A short one is refused for its length; a long one was, before anything is counted.
        if not minimum <= len(password) <= MAX_LENGTH:
            return
        enough = min(UNPREDICTABLE, minimum / 2)
        words = _words_of_service() | (_words_of(user) if user else set())
        if unpredictable(password, words=words, enough=enough) < enough:
            raise ValidationError(
                _(
                    "This password is easy to guess: it is little more than a pattern or a common word. Choose another."
                ),
                code="password_too_predictable",
            )

    def get_help_text(self) -> str:
        return gettext("No keyboard pattern.")


class PersonalWordsValidator:
    """Refuses passwords that are mostly the person's own name or address."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        if user is None:
            return
        rest = password.casefold()
        words = _words_of(user)
        # The longest first: "sofia" taken out of "sofia.brandt" would hide the rest of it.
        for word in sorted(words, key=len, reverse=True):
            if len(word) >= 3:
                rest = rest.replace(word.casefold(), "")
        if len(rest) < min(len(password), settings.PASSWORD_MIN_LENGTH / 2):
            raise ValidationError(
                _("This password is too close to the name or the email address."),
                code="password_too_similar",
            )

    def get_help_text(self) -> str:
        return gettext("Not the name or the email address.")


def _words_of(user: "User") -> set[str]:
    local, _at, domain = user.email.partition("@")
    return {user.email, local, domain, *domain.split("."), user.first_name, user.last_name}


def _words_of_service() -> set[str]:
    """The parts of its host name; what the product is called is among the common words."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return {host, *re.split(r"[.-]", host)}


def suggest_password() -> str:
    """A password fit to be read out: five groups of four, about 116 bits."""
    return "-".join(get_random_string(4, UNAMBIGUOUS) for _group in range(5))


@cache
def _blocklist() -> frozenset[str]:
    return frozenset(BLOCKLIST.read_text(encoding="utf-8").split("\n"))
