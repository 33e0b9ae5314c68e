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


def test_mail_can_be_off(read):
    assert read(**(PRODUCTION | {"APIM_MAIL_URL": "none:"})).mail_is_off
    assert not read(**PRODUCTION).mail_is_off
    assert not read(APIM_DEBUG="1").mail_is_off


@pytest.mark.parametrize("url", ["amazon-ses:", "mailgun:?api_key=a&webhook_signing_key=b%2Bc"])
def test_secrets_of_the_webhook_are_for_providers(read, url):
    secrets = {"APIM_MAIL_WEBHOOK_SECRET": f"new:{'n' * 32}, old:{'o' * 32}"}

    env = read(**(PRODUCTION | {"APIM_MAIL_URL": url} | secrets))

    assert env.anymail["WEBHOOK_SECRET"] == [f"new:{'n' * 32}", f"old:{'o' * 32}"]
    assert env.anymail.get("MAILGUN_WEBHOOK_SIGNING_KEY") in {None, "b+c"}
    assert read(**(PRODUCTION | secrets)).anymail == {}


@pytest.mark.parametrize("secret", ["reports", "reports:short", f":{'x' * 32}", ":"])
def test_a_webhook_secret_has_a_name_and_a_long_password(read, secret):
    wanted = {"APIM_MAIL_URL": "postmark:", "APIM_MAIL_WEBHOOK_SECRET": secret}

    with pytest.raises(ImproperlyConfigured, match="a name, a colon and a password"):
        read(**(PRODUCTION | wanted))


@pytest.mark.parametrize("sender", ["nobody", "Harbour, Inc <a@b.example>", "jörg@b.example"])
def test_a_sender_that_no_letter_could_have_is_refused(read, sender):
    with pytest.raises(ImproperlyConfigured, match="which is no sender"):
        read(**(PRODUCTION | {"APIM_MAIL_FROM": sender}))


def check(url, **changes):
    wanted = PRODUCTION | {"APIM_MAIL_URL": url, "APIM_SECRET_KEY": "k7" * 32} | changes
    return python("manage.py", "check", "--deploy", "--fail-level", "ERROR", **wanted)


def test_the_start_up_check_tells_what_mail_cannot_do():
    inbox, off, provider = check("inbox:"), check("none:"), check("postmark:?server_token=a")
    told = check("postmark:?server_token=a", APIM_MAIL_WEBHOOK_SECRET=f"reports:{'x' * 32}")

    assert (inbox.returncode, "apim.E001" in inbox.stderr) == (1, True)
    assert (off.returncode, "apim.W001" in off.stderr) == (0, True)
    assert (provider.returncode, "apim.W002" in provider.stderr) == (0, True)
    assert "/mail/webhooks/postmark/tracking/" in provider.stderr
    assert (told.returncode, "apim.W002" in told.stderr) == (0, False)


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


@pytest.mark.parametrize(
    ("rate", "seconds"), [("", 0), ("10/s", 0.1), ("600/m", 0.1), ("7200/h", 0.5)]
)
def test_the_rate_of_letters_is_a_pause_between_two(read, rate, seconds):
    assert read(APIM_DEBUG="1", APIM_MAIL_RATE=rate).mail_pause.total_seconds() == seconds


@pytest.mark.parametrize("rate", ["10", "0/s", "ten/s", "-1/m", "1.5/s", "10/d"])
def test_a_rate_that_makes_no_sense_stops_the_start(read, rate):
    with pytest.raises(ImproperlyConfigured, match="APIM_MAIL_RATE is"):
        read(APIM_DEBUG="1", APIM_MAIL_RATE=rate)
