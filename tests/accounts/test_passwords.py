"""How passwords are judged and hashed."""

import threading

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import passwords
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
