"""What the environment may say, and the sentence when it says too little."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from apim import environment
from apim.checks import variables_have_their_present_names

STRONG = "q2Zc9vXfKp0sLr7TgYw1nBdE5uHjM8aOiQ3xRzW6tVb4Gy+NeFkPlDmSoUhJC/IA"
PRODUCTION = {
    "APIM_SECRET_KEY": STRONG,
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
        ("APIM_BACKGROUND", "pigeon", "inline or worker"),
        ("APIM_PASSWORD_MIN_LENGTH", "6", "between 8 and 64"),
    ],
)
def test_a_wrong_value_stops_the_start_with_the_cure(read, name, value, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(**(PRODUCTION | {name: value}))


def test_background_work_is_still_known_by_its_former_name(read):
    assert read(**PRODUCTION).background == "inline"
    assert read(**PRODUCTION, APIM_BACKGROUND="worker").former_variables == {}

    env = read(**PRODUCTION, APIM_BACKGROUND="", APIM_MAIL_DELIVERY="worker")
    assert env.background == "worker"
    assert env.former_variables == {"APIM_MAIL_DELIVERY": "APIM_BACKGROUND"}
    assert read(APIM_BACKGROUND="worker").background == "worker"


def test_two_names_that_contradict_each_other_stop_the_start(read):
    with pytest.raises(ImproperlyConfigured, match="its former name, is 'inline'"):
        read(**PRODUCTION, APIM_BACKGROUND="worker", APIM_MAIL_DELIVERY="inline")
    with pytest.raises(ImproperlyConfigured, match="APIM_MAIL_DELIVERY is 'pigeon'"):
        read(APIM_BACKGROUND="", APIM_MAIL_DELIVERY="pigeon")


def test_a_former_name_is_warned_of(settings):
    assert variables_have_their_present_names() == []
    settings.FORMER_VARIABLES = {"APIM_MAIL_DELIVERY": "APIM_BACKGROUND"}
    [warning] = variables_have_their_present_names()
    assert "APIM_MAIL_DELIVERY is called APIM_BACKGROUND now" in warning.msg


def test_providers_take_their_options_from_the_url(read):
    env = read(**(PRODUCTION | {"APIM_MAIL_URL": "postmark:?server_token=abc"}))

    assert env.mailer == {"BACKEND": "anymail.backends.postmark.EmailBackend"}
    assert env.anymail == {"POSTMARK_SERVER_TOKEN": "abc"}


def test_mail_can_be_off(read):
    assert read(**(PRODUCTION | {"APIM_MAIL_URL": "none:"})).mail_is_off
    assert not read(**PRODUCTION).mail_is_off
    assert not read(APIM_DEBUG="1", APIM_MAIL_URL="", APIM_PUBLIC_URL="").mail_is_off


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
    wanted = PRODUCTION | {"APIM_MAIL_URL": url} | changes
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


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres://apim:secret@db:port/apim", "cannot be read"),
        ("postgres://apim:secret@db:99999/apim", "cannot be read"),
        ("postgres://apim:secret@db:0/apim", "port 0"),
        ("postgres://apim:se#cret@db/apim", ""),
        ("postgres://apim:[secret@db/apim", ""),
        ("postgres://apim:secret@db", "names no database"),
        ("postgres://apim:secret@db/", "names no database"),
        ("postgres:apim", ""),
        ("sqlite://", "names no file"),
        ("sqlite:", "names no file"),
        ("sqlite://var/apim.sqlite3", "names no file"),
        ("apim.sqlite3", "must begin with"),
        ("secret", "must begin with"),
        ("://", "must begin with"),
        ("mysql://apim:secret@db/apim", "must begin with"),
        ("mariadb://apim:secret@db/apim", "must begin with"),
    ],
)
def test_a_malformed_database_url_is_named_and_not_quoted(read, url, sentence):
    with pytest.raises(ImproperlyConfigured, match=f"^APIM_DATABASE_URL .*{sentence}") as refusal:
        read(**(PRODUCTION | {"APIM_DATABASE_URL": url}))

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgres://apim:p%23%40ss@db.example.org:5433/apim?sslmode=require", "apim"),
        ("postgresql:///apim", "apim"),
        ("postgres:////var/run/postgresql/apim", "apim"),
        ("postgres://apim@[::1]:5432/apim", "apim"),
        ("postgres://apim@one:5432,two:5433/apim", "apim"),
        ("sqlite:////srv/apim.sqlite3", "/srv/apim.sqlite3"),
        ("sqlite:///var/apim.sqlite3", "var/apim.sqlite3"),
    ],
)
def test_a_database_url_is_read(read, url, name):
    assert read(**(PRODUCTION | {"APIM_DATABASE_URL": url})).database["NAME"] == name


SMTP = "smtp://user:secret@mail.example.org"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (SMTP, "sends a password over a connection without TLS"),
        (f"{SMTP}:587", "sends a password over a connection without TLS"),
        (f"{SMTP}?timeout=5", "sends a password over a connection without TLS"),
        (f"{SMTP}?tls=maybe", "tls=maybe"),
        (f"{SMTP}?tls=", "tls="),
        (f"{SMTP}?tls=1&tls=0", "twice"),
        (f"{SMTP}?tsl=1", "'tsl'"),
        (f"{SMTP}:port?tls=1", "a port"),
        (f"{SMTP}:99999?tls=1", "a port"),
        (f"{SMTP}:0?tls=1", "a port"),
        (f"{SMTP}?tls=1&timeout=long", "a timeout"),
        (f"{SMTP}?tls=1&timeout=0", "a timeout"),
        (f"{SMTP}?tls=1&timeout=-3", "a timeout"),
        (f"{SMTP}/inbox?tls=1", "something after"),
        ("smtp://user:sec/ret@mail.example.org?tls=1", ""),
        ("smtp://[mail.example.org", "cannot be read"),
        ("smtp:mail.example.org", "names no mail server"),
        ("smtps://user:secret@mail.example.org?tls=0", "tls=0"),
        ("file:", "names no folder"),
        ("file://var/mail", "names no folder"),
        ("postmarkk:?server_token=secret", "postmark:"),
        ("postmark://?server_token=secret&x", ""),
        ("postmark:secret", "is not of the form"),
        ("mail.example.org:587", "smtp://"),
        ("secret", "smtp://"),
        ("base-requests:", "no mail provider"),
        ("console:", "no mail provider"),
    ],
)
def test_a_mail_url_that_cannot_work_is_named_and_not_quoted(read, url, sentence):
    with pytest.raises(ImproperlyConfigured, match=f"^APIM_MAIL_URL .*{sentence}") as refusal:
        read(**(PRODUCTION | {"APIM_MAIL_URL": url}))

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "use_tls", "use_ssl", "port"),
    [
        (f"{SMTP}?tls=true", True, False, 25),
        (f"{SMTP}:587?tls=YES", True, False, 587),
        (f"{SMTP}?tls=0", False, False, 25),
        (f"{SMTP}?tls=false", False, False, 25),
        ("smtp://mail.example.org", False, False, 25),
        ("smtp://", False, False, 25),
        ("smtps://user:secret@mail.example.org", False, True, 465),
        ("smtps://user:secret@mail.example.org?tls=1", False, True, 465),
    ],
)
def test_tls_is_what_the_mail_url_says(read, url, use_tls, use_ssl, port):
    options = read(**(PRODUCTION | {"APIM_MAIL_URL": url})).mailer["OPTIONS"]

    assert (options["use_tls"], options["use_ssl"], options["port"]) == (use_tls, use_ssl, port)


def test_in_debug_a_password_may_travel_in_the_clear(read):
    assert not read(APIM_DEBUG="1", APIM_MAIL_URL=SMTP).mailer["OPTIONS"]["use_tls"]


@pytest.mark.parametrize("url", ["https://apis.example.org", "https://127.0.0.1:8000"])
def test_debug_is_not_for_a_public_service(read, url):
    with pytest.raises(ImproperlyConfigured, match=r"APIM_DEBUG=1 .* APIM_PUBLIC_URL"):
        read(APIM_DEBUG="1", APIM_PUBLIC_URL=url)


@pytest.mark.parametrize(
    "url", ["http://apis.example.org", "http://10.0.0.5:8000", "http://127.0.0.1.example.org"]
)
def test_plain_http_is_for_this_machine_only(read, url):
    plain = PRODUCTION | {"APIM_PUBLIC_URL": url}

    with pytest.raises(ImproperlyConfigured, match=r"APIM_PUBLIC_URL .* APIM_ALLOW_HTTP=1"):
        read(**plain)

    assert not read(**plain, APIM_ALLOW_HTTP="1").is_https


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.9.9.9:80", "[::1]:8000"])
def test_plain_http_on_loopback_is_served(read, host):
    assert not read(**(PRODUCTION | {"APIM_PUBLIC_URL": f"http://{host}"})).is_https


def test_the_scheme_of_the_public_url_may_be_in_capitals(read):
    assert read(**(PRODUCTION | {"APIM_PUBLIC_URL": "HTTPS://apis.example.org"})).is_https


@pytest.mark.parametrize("value", ["twelve", "12.5", "-1", "65", "99999999999999999999", "¹²"])
def test_a_malformed_number_is_named(read, value):
    with pytest.raises(ImproperlyConfigured, match=r"^APIM_PASSWORD_MIN_LENGTH is"):
        read(**(PRODUCTION | {"APIM_PASSWORD_MIN_LENGTH": value}))


def test_a_switch_is_on_or_off(read):
    with pytest.raises(ImproperlyConfigured, match=r"^APIM_DEBUG is 'maybe'"):
        read(APIM_DEBUG="maybe")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://[::1]:8000", "[::1]"),
        ("https://[2001:DB8:0::1]", "[2001:db8::1]"),
        ("https://203.0.113.7", "203.0.113.7"),
        ("https://APIs.example.org:8443", "apis.example.org"),
    ],
)
def test_a_public_url_may_be_a_number(read, url, host):
    assert read(**PRODUCTION | {"APIM_PUBLIC_URL": url}).allowed_hosts == [host]


def test_the_preload_list_of_browsers_is_the_operators_to_ask_for(read):
    assert not read(**PRODUCTION).hsts_preload
    assert read(**PRODUCTION, APIM_HSTS_PRELOAD="1").hsts_preload
