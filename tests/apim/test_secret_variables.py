"""Secrets from variables and from files, and what production refuses of them by name."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from apim import environment
from apim.secret_variables import DEBUG_SECRET
from tests.apim.test_environment import PRODUCTION, STRONG, python

WEAK = "k7" * 32
OTHER = "6f1d0a9be47c2f8835a0c6d7e9b4412f7d80ce5b9a3f61d2c84e07b5f2913a6c"


@pytest.fixture
def read(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("APIM_"):
            monkeypatch.delenv(name)

    def read_with(**changes):
        for name, value in changes.items():
            monkeypatch.setenv(name, str(value))
        return environment.read(var_dir=tmp_path)

    return read_with


def test_without_a_digest_key_there_is_none(read):
    secrets = read(**PRODUCTION).secrets

    assert (secrets.secret_key, secrets.digest_key) == (STRONG, "")
    assert (secrets.secret_key_fallbacks, secrets.digest_key_fallbacks) == ([], [])
    assert STRONG not in repr(secrets)


FILES = [
    ("APIM_SECRET_KEY", STRONG, lambda env: env.secrets.secret_key),
    ("APIM_DIGEST_KEY", OTHER, lambda env: env.secrets.digest_key),
    ("APIM_METRICS_TOKEN", "tok", lambda env: env.metrics_token),
    ("APIM_DATABASE_URL", "sqlite:////srv/a.sqlite3", lambda env: "sqlite:///" + env.database["NAME"]),
    ("APIM_MAIL_URL", "none:", lambda env: "none:" if env.mail_is_off else ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "found"), FILES, ids=[name for name, *_ in FILES])
def test_a_secret_may_stand_in_a_file(read, tmp_path, name, value, found):
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    others = {key: other for key, other in PRODUCTION.items() if key != name}

    assert found(read(**others, **{f"{name}_FILE": file})) == value


def test_earlier_keys_in_a_file_stand_on_lines_or_between_commas(read, tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{STRONG[::-1]}\r\n{OTHER[::-1]},{OTHER}\n\n")
    wanted = [STRONG[::-1], OTHER[::-1], OTHER]

    assert read(**PRODUCTION, APIM_SECRET_KEY_FALLBACKS_FILE=file).secrets.secret_key_fallbacks == (
        wanted
    )
    assert read(APIM_DIGEST_KEY_FALLBACKS_FILE=file).secrets.digest_key_fallbacks == wanted


def test_a_key_of_two_lines_stays_one_in_a_variable(read):
    """As ``openssl rand -base64 64`` writes it."""
    two = f"{STRONG}\n{OTHER}"

    assert read(**PRODUCTION, APIM_SECRET_KEY_FALLBACKS=two).secrets.secret_key_fallbacks == [two]


def test_a_variable_and_its_file_are_not_both_set(read, tmp_path):
    file = tmp_path / "secret"
    file.write_text(STRONG)

    with pytest.raises(
        ImproperlyConfigured, match="APIM_SECRET_KEY and APIM_SECRET_KEY_FILE are both set"
    ):
        read(**PRODUCTION, APIM_SECRET_KEY_FILE=file)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "is not a file"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"a" * 70_000, "too large"),
        (b"a\0b", "not text"),
    ],
)
def test_a_file_that_holds_no_secret_is_named(read, tmp_path, content, sentence):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ImproperlyConfigured, match=f"^APIM_DIGEST_KEY_FILE names .*{sentence}"):
        read(**PRODUCTION, APIM_DIGEST_KEY_FILE=file)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("APIM_SECRET_KEY", DEBUG_SECRET, "secret for development"),
        ("APIM_SECRET_KEY_FALLBACKS", f"{OTHER},{DEBUG_SECRET}", "secret for development"),
        ("APIM_DIGEST_KEY", DEBUG_SECRET, "secret for development"),
        ("APIM_DIGEST_KEY_FALLBACKS", DEBUG_SECRET, "secret for development"),
        ("APIM_SECRET_KEY", WEAK, "can be guessed"),
        ("APIM_DIGEST_KEY", WEAK, "can be guessed"),
        ("APIM_DIGEST_KEY", "short", "shorter than 50"),
        ("APIM_SECRET_KEY_FALLBACKS", f"{OTHER},{WEAK}", "APIM_DIGEST_KEY_FALLBACKS"),
        ("APIM_SECRET_KEY", "$(openssl rand -base64 48)", "begins with \\$"),
        ("APIM_SECRET_KEY", "$SECRET", "begins with \\$"),
        ("APIM_SECRET_KEY", f"${{{OTHER}}}", "begins with \\$"),
        ("APIM_SECRET_KEY_FALLBACKS", f"{OTHER}, $OLD", "begins with \\$"),
        ("APIM_DIGEST_KEY_FALLBACKS", "$OLD", "begins with \\$"),
        ("APIM_METRICS_TOKEN", "$TOKEN", "begins with \\$"),
        ("APIM_MAIL_WEBHOOK_SECRET", "reports:$(openssl rand -hex 24)", "begins with \\$"),
        ("APIM_DATABASE_URL", "$DATABASE_URL", "begins with \\$"),
        ("APIM_DATABASE_URL", "postgres://apim:${PASSWORD}@db/apim", "begins with \\$"),
        ("APIM_DROP_KEYS", "all", "`manage.py secrets` shows"),
    ],
)
def test_production_refuses_by_name(read, name, value, sentence):
    with pytest.raises(ImproperlyConfigured, match=f"^{name} .*{sentence}") as refusal:
        read(**(PRODUCTION | {name: value}))

    assert OTHER not in str(refusal.value)


def test_a_dollar_never_fetches_another_variable(read):
    env = read(
        APIM_DEBUG="1",
        APIM_METRICS_TOKEN="$APIM_SECRET_KEY",
        APIM_SECRET_KEY=STRONG,
    )

    assert env.metrics_token == "$APIM_SECRET_KEY"


def test_an_earlier_digest_key_may_be_weak(read):
    """So that somebody with a weak one can replace it and lose nothing."""
    secrets = read(**PRODUCTION, APIM_DIGEST_KEY_FALLBACKS=WEAK).secrets

    assert secrets.digest_key_fallbacks == [WEAK]


def test_debug_has_its_own_secret(read):
    assert read(APIM_DEBUG="1").secrets.secret_key == DEBUG_SECRET


@pytest.mark.parametrize("arguments", [["manage.py", "migrate"], ["-c", "import apim.wsgi"]])
def test_a_refusal_is_one_line(arguments):
    result = python(*arguments, **(PRODUCTION | {"APIM_SECRET_KEY": WEAK}))

    assert result.returncode == 1
    assert result.stderr.startswith("Error: APIM_SECRET_KEY can be guessed")
    assert len(result.stderr.splitlines()) == 1


def test_the_password_of_the_first_administrator_may_stand_in_a_file(tmp_path):
    database = {"APIM_DEBUG": "1", "APIM_DATABASE_URL": f"sqlite:///{tmp_path / 'a.sqlite3'}"}
    file = tmp_path / "password"
    file.write_text("$tangerine otters swim\n")
    names = ["--email", "ada@example.org", "--first-name", "Ada", "--last-name", "Lovelace"]

    migrated = python("manage.py", "migrate", **database)
    made = python(
        "manage.py", "create_administrator", *names, APIM_ADMIN_PASSWORD_FILE=str(file), **database
    )
    missing = python(
        "manage.py", "create_administrator", *names, APIM_ADMIN_PASSWORD_FILE="/nowhere", **database
    )

    assert migrated.returncode == 0, migrated.stderr
    assert "can sign in now" in made.stdout, made.stderr
    assert missing.stderr.startswith("Error: APIM_ADMIN_PASSWORD_FILE names '/nowhere'")


def test_what_stands_under_a_key_is_asked_of_a_migrated_database(tmp_path):
    database = {"APIM_DEBUG": "1", "APIM_DATABASE_URL": f"sqlite:///{tmp_path / 'a.sqlite3'}"}

    result = python("manage.py", "secrets", **database)

    assert result.returncode == 1
    assert "Is it migrated?" in result.stderr
    assert len(result.stderr.splitlines()) == 1
