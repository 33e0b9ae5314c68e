"""How passwords are judged and hashed."""

import secrets
import string
import threading
import time

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.crypto import get_random_string

from accounts import password_patterns, passwords
from accounts.actions import check_password_rules
from accounts.models import User
from tests.factories import PASSWORD
from tests.racing import race

SOFIA = User(email="sofia.brandt@kelpworks.example", first_name="Sofia", last_name="Brandt")


def refusal_of(password: str) -> str:
    """The code of the first rule broken, or an empty text."""
    try:
        check_password_rules(password, user=SOFIA)
    except ValidationError as refusal:
        return refusal.error_dict["password"][0].code
    return ""


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("otters swim", "password_too_short"),
        ("otters swim!", ""),
        ("x7 " * 42 + "12", ""),
        ("x7 " * 43, "password_too_long"),
        ("aaaaaaaaaaaaaaaa", "password_too_common"),
        ("QWERTYuiop123", "password_too_common"),
        ("password2026!", "password_too_common"),
        ("correct horse battery staple", "password_too_common"),
        ("sofia.brandt@kelpworks.example", "password_too_similar"),
        ("SofiaBrandt1", "password_too_similar"),
        ("sofia likes seven otters", ""),
        ("пароль из слов", ""),
        ("            ", "password_too_common"),
        (PASSWORD, ""),
    ],
)
def test_password_rules(password, code):
    assert refusal_of(password) == code


PATTERNS = [
    *[
        "qwertyuiopasdfgh",
        "QWERTYUIOPASDFGH",
        "qwertzuiopasdfgh",
        "azertyuiopqsdfgh",
        "mnbvcxzlkjhg",
    ],
    *[
        "abcdefghijklmnop",
        "zyxwvutsrqponmlk",
        "1234567890123456",
        "0987654321098765",
        "acegikmoqsuw",
    ],
    *["abcabcabcabc", "passwordpassword", "P@ssw0rdP@ssw0rd", "xk2pxk2pxk2p", "aaabbbcccddd"],
    *[
        "qwerty123456",
        "password12345",
        "welcome2026!!",
        "P@55w0rd2026",
        "4dm1n1str4t0r",
        "summer2026!!",
    ],
    *["1qaz2wsx3edc", "qazwsxedcrfv", "qazwsxedcrfvtgbyhnujm", "zaq12wsxcde3", "!QAZ2wsx#EDC"],
    *[
        "q2w3e4r5t6y7",
        "a1b2c3d4e5f6",
        "qweasdzxc123",
        "147258369147",
        "789456123789",
        "qwe123asd456",
    ],
    *[
        "24.12.1990!!",
        "1990-12-24!!",
        "29november2026",
        "monkeydragon",
        "drowssapdrowssap!",
        "йцукенгшщзхъ",
    ],
    *["harbour2026!", "harbourharbour", "apis-kelpworks-1", "kelpworks2026", "S0fia12345678"],
]
PASSPHRASES = [
    *["a few unrelated words", "sofia likes seven otters", "my dog ate 3 shoes", "kettle orbit"],
    *["blue lamp river", "purple monkey dishwasher", "football is my life", "tall green tree"],
    *["harbour of seven otters", "пароль из слов", "sunshine and football"],
]


@pytest.mark.parametrize("password", PATTERNS)
def test_password_is_no_pattern(password, settings):
    settings.PUBLIC_URL = "https://apis.kelpworks.example"

    assert refusal_of(password) in {
        "password_too_predictable",
        "password_too_common",
        "password_too_similar",
    }
    assert refusal_of(password.upper())


@pytest.mark.parametrize("password", ["qwertyuiopasdfgh", "abcdefghijklmnop", "P@ssw0rdP@ssw0rd"])
def test_pattern_is_refused_with_a_sentence(password):
    with pytest.raises(ValidationError, match="easy to guess"):
        passwords.PatternValidator().validate(password)


@pytest.mark.parametrize("password", PASSPHRASES)
def test_passphrase_is_no_pattern(password):
    assert refusal_of(password) == ""


@pytest.mark.parametrize(
    "make",
    [
        passwords.suggest_password,
        lambda: secrets.token_hex(6),
        lambda: secrets.token_urlsafe(9),
        lambda: get_random_string(12, string.ascii_lowercase),
    ],
    ids=["suggested", "hex", "base64", "lower case"],
)
def test_random_passwords_are_no_patterns(make):
    """Twelve characters or more. From the machine's own randomness: no seed to be lucky with.

    Of twelve hexadecimal digits one in some 100,000 looks like one ("5208bdfeef27"), so one of
    10,000 may be refused.
    """
    validator = passwords.PatternValidator()
    refused = []
    for password in (make() for _ in range(10_000)):
        try:
            validator.validate(password)
        except ValidationError:
            refused.append(password)

    assert len(refused) <= 1, refused


def test_common_words_in_a_row_are_a_passphrase():
    words = sorted(set(password_patterns.SHORT_WORDS))
    for _ in range(1000):
        passwords.PatternValidator().validate(" ".join(secrets.choice(words) for _ in range(5)))


@pytest.mark.parametrize(
    "password",
    [
        "x" * 128,
        "qwertyuiop" * 12,
        "kV3-xP9.wQ7/zT" * 9,
        "password1qaz" * 10,
        "q2" * 64,
        "1.1." * 32,
    ],
)
def test_patterns_are_counted_in_one_pass(password):
    password_patterns.unpredictable("once for its words")
    before = time.process_time()
    for _ in range(100):
        password_patterns.unpredictable(password[:127] + "é")

    # A hundred times 128 characters to the last one: measured 2 to 90 ms.
    assert time.process_time() - before < 1


def test_short_minimum_asks_for_fewer_characters_beside_patterns(settings):
    settings.PASSWORD_MIN_LENGTH = 8

    assert refusal_of("kV3-xP9q") == ""
    assert refusal_of("welcome1") in {"password_too_common", "password_too_predictable"}
    assert refusal_of("qwertz12") in {"password_too_common", "password_too_predictable"}


def test_password_rules_know_no_composition():
    assert refusal_of("onlylowercaseletters") == ""


def test_password_minimum_is_a_setting(settings):
    settings.PASSWORD_MIN_LENGTH = 15

    assert refusal_of("otters swim!") == "password_too_short"


def test_blocklist_has_enough_entries_that_fit_the_rule():
    lines = passwords.BLOCKLIST.read_text(encoding="utf-8").splitlines()

    assert lines == sorted(set(lines))
    assert all(line == line.casefold() for line in lines)
    assert all(8 <= len(line) <= 64 for line in lines)
    assert sum(len(line) >= 12 for line in lines) >= 3000
    assert sum(len(line) >= 15 for line in lines) >= 3000


def test_hash_is_argon2id_with_owasp_parameters():
    assert make_password(PASSWORD).startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")


def test_suggested_password_passes_the_rules():
    assert refusal_of(passwords.suggest_password()) == ""


def test_hashing_never_runs_more_than_four_at_once(monkeypatch):
    # The race is about the slots; a busy machine needs longer than people are let wait.
    monkeypatch.setattr(passwords, "SLOT_WAIT_SECONDS", 60)
    running, most = 0, 0
    lock = threading.Lock()
    slow = passwords.Argon2PasswordHasher.encode

    def counted(self, password, salt):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return slow(self, password, salt)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(passwords.Argon2PasswordHasher, "encode", counted)

    outcomes = race(*[lambda: make_password(PASSWORD)] * 12)

    assert all(isinstance(outcome, str) for outcome in outcomes), outcomes
    assert 1 <= most <= passwords.SLOTS


@pytest.mark.django_db
def test_sign_in_asks_to_come_back_when_every_slot_stays_taken(ben, monkeypatch):
    monkeypatch.setattr(passwords, "SLOT_WAIT_SECONDS", 0.01)
    for _ in range(passwords.SLOTS):
        passwords._slots.acquire()
    try:
        answer = Client().post("/sign-in/", {"email": ben.email, "password": PASSWORD})
    finally:
        for _ in range(passwords.SLOTS):
            passwords._slots.release()

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
