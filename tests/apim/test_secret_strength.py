"""Which secrets are told apart from random ones."""

import base64
import random
import string

import pytest

from apim.secret_strength import is_guessable

GUESSABLE = [
    "k" * 64,
    "k7" * 32,
    "changeme" * 8,
    "0123456789abcdef" * 4,
    "deadbeefcafebabe" * 4,
    "0" * 63 + "1",
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "qwertyuiopasdfghjklzxcvbnm1234567890qwertyuiopasdfghjklzxcvbnm",
    "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6",
    "MySuperSecretKey123!MySuperSecretKey123!MySuperSecretKey123!",
    "password1password2password3password4password5password6password7",
    "correct horse battery staple and some more words that are long enough",
    "please-change-this-secret-key-before-going-to-production-2026!!",
    "ThisIsAVeryLongSecretKeyForTheHarbourServiceAtExampleDotOrg2026",
    "S3cr3tK3yF0rPr0duct10nD0N0tSh4r3W1th4nyb0dyPl34s3",
    "ichbineingeheimerschluesseldernichterratenwerdenkannhoffentlich",
    "django-insecure-q2Zc9vXfKp0sLr7TgYw1nBdE5uHjM8aOiQ3xRzW6tVb4Gy",
]


@pytest.mark.parametrize("secret", GUESSABLE)
def test_what_people_type_can_be_guessed(secret):
    assert is_guessable(secret)


DJANGO = string.ascii_lowercase + string.digits + "!@#$%^&*(-_=+)"


@pytest.mark.parametrize(
    "make",
    [
        lambda dice: base64.b64encode(dice.randbytes(48)).decode(),
        lambda dice: base64.urlsafe_b64encode(dice.randbytes(64)).decode(),
        lambda dice: dice.randbytes(32).hex(),
        lambda dice: dice.randbytes(64).hex().upper(),
        lambda dice: "".join(dice.choices(DJANGO, k=64)),
    ],
    ids=["openssl rand -base64 48", "token_urlsafe(64)", "hex of 32", "hex of 64", "Django's"],
)
def test_random_secrets_pass(make):
    # The same ones at every run: an estimate may not be a matter of luck.
    dice = random.Random(2026)  # noqa: S311

    assert not [secret for secret in (make(dice) for _each in range(2000)) if is_guessable(secret)]
