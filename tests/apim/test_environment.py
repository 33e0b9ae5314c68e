"""What the environment may say, and the sentence when it says too little."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from apim import environment

PRODUCTION = {
    "APIM_SECRET_KEY": "k" * 64,
    "APIM_PUBLIC_URL": "https://apis.example.org",
    "APIM_DATABASE_URL": "postgres://apim:secret@db.example.org/apim",
    "APIM_MAIL_URL": "smtp://user:p%40ss@mail.example.org:587?tls=1",
    "APIM_MAIL_FROM": "no-reply@example.org",
}


@pytest.fixture
def read(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("APIM_"):
            monkeypatch.delenv(name)

    def read_with(**changes):
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        return environment.read(var_dir=tmp_path)

    return read_with


def test_debug_needs_nothing_else(read):
    env = read(APIM_DEBUG="1")

    assert env.debug
    assert env.is_sqlite
    assert env.mailer["BACKEND"].startswith("django_mail_preview")
    assert env.public_url == "http://127.0.0.1:8000"


def test_production_reads_everything(read):
    env = read(**PRODUCTION)

    assert not env.debug
    assert env.is_https
    assert env.allowed_hosts == ["apis.example.org"]
    assert env.database["CONN_HEALTH_CHECKS"] is True
    assert env.mailer["OPTIONS"]["password"] == "p@ss"
    assert env.mailer["OPTIONS"]["use_tls"] is True
    assert env.mailer["OPTIONS"]["port"] == 587


@pytest.mark.parametrize("missing", sorted(PRODUCTION))
def test_a_missing_value_stops_the_start_and_names_itself(read, missing):
    with pytest.raises(ImproperlyConfigured, match=f"{missing} is not set"):
        read(**{name: value for name, value in PRODUCTION.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("APIM_SECRET_KEY", "short", "shorter than 50"),
        ("APIM_PUBLIC_URL", "apis.example.org", "needs a scheme"),
        ("APIM_PUBLIC_URL", "https://apis.example.org/portal", "nothing after it"),
        ("APIM_DATABASE_URL", "mysql://db/apim", "must begin with"),
        ("APIM_TRUSTED_PROXIES", "everybody", "takes addresses or networks"),
        ("APIM_MAIL_DELIVERY", "pigeon", "inline or worker"),
        ("APIM_PASSWORD_MIN_LENGTH", "6", "between 8 and 64"),
    ],
)
def test_a_wrong_value_stops_the_start_with_the_cure(read, name, value, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(**(PRODUCTION | {name: value}))


def test_providers_take_their_options_from_the_url(read):
    env = read(**(PRODUCTION | {"APIM_MAIL_URL": "postmark:?server_token=abc"}))

    assert env.mailer == {"BACKEND": "anymail.backends.postmark.EmailBackend"}
    assert env.anymail == {"POSTMARK_SERVER_TOKEN": "abc"}


def python(*arguments, **changes):
    """A process of its own, with nothing of this test run in its environment."""
    ours = ("APIM_", "DJANGO_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).parent.parent.parent,
        env=clean | changes,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_start_without_settings_says_what_to_set():
    result = python("manage.py", "check")

    assert result.returncode != 0
    assert "APIM_PUBLIC_URL is not set" in result.stderr


def test_production_refuses_the_demo_administrator(tmp_path):
    database = {"APIM_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}"}
    loaded = python("manage.py", "load_demo", "--migrate", **database, APIM_DEBUG="1")
    assert loaded.returncode == 0, loaded.stderr
    assert "/console/" in loaded.stdout

    started = python("-c", "import apim.wsgi", **(PRODUCTION | database))

    assert started.returncode != 0
    assert "demo administrator" in started.stderr


def test_demo_data_is_refused_outside_debug(tmp_path):
    database = {"APIM_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}"}

    result = python("manage.py", "load_demo", **(PRODUCTION | database))

    assert result.returncode != 0
    assert "APIM_DEBUG=1" in result.stderr
