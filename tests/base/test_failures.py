"""The database is away, full, read-only or busy: a page that says so, and one line in the log."""

import errno
import logging
import sqlite3
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections
from django.test import Client
from django.utils import timezone

from accounts.middleware import SessionMiddleware
from accounts.models import Session, User
from accounts.sessions import SessionStore
from base.failures import Failure, failure_of, reports
from tests.base.test_errors import armoured
from tests.conftest import sign_in
from tests.factories import PASSWORD

PROFILE = {"first_name": "Benedict", "last_name": "Okafor", "time_zone": "UTC"}

on_a_real_connection = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_said_yet():
    reports.forget()
    yield
    reports.forget()


@contextmanager
def away():
    """Nothing answers where the database was."""
    default = connections["default"]
    default.close()
    nowhere = {"NAME": "/nowhere/at/all", "HOST": "127.0.0.1", "PORT": "1"}
    kept, default.settings_dict = default.settings_dict, default.settings_dict | nowhere
    try:
        yield
    finally:
        default.close()
        default.settings_dict = kept


@contextmanager
def read_only(alias="default"):
    """As on a standby, or a file system that was mounted again after an error."""
    on, off = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        if connection.vendor == "sqlite"
        else ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    )
    with connections[alias].cursor() as cursor:
        cursor.execute(on)
        try:
            yield
        finally:
            cursor.execute(off)


@contextmanager
def locked():
    """Somebody else changes everything, for longer than this request wants to wait."""
    facts = connection.get_connection_params()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout = 50")
            other = sqlite3.connect(facts["database"], isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            back = "PRAGMA busy_timeout = 20000"
        else:
            cursor.execute("SET lock_timeout = '50ms'")
            known = {name: facts[name] for name in facts if name in {"dbname", "user", "password"}}
            other = psycopg.connect(
                **known,
                host=connection.settings_dict["HOST"],
                port=connection.settings_dict["PORT"],
            )
            other.execute(f"LOCK TABLE {User._meta.db_table} IN EXCLUSIVE MODE")
            back = "SET lock_timeout = '5s'"
        with closing(other):
            yield
            other.rollback() if connection.vendor != "sqlite" else other.execute("ROLLBACK")
        cursor.execute(back)


@pytest.fixture
def browser_of():
    def quiet(user):
        client = Client(raise_request_exception=False)
        client.cookies = sign_in(user).cookies
        return client

    return quiet


@on_a_real_connection
@pytest.mark.parametrize("debug", [False, True])
def test_pages_say_that_the_database_is_away_and_the_log_does_once(
    ben, browser_of, caplog, settings, debug
):
    settings.DEBUG = debug
    client = browser_of(ben)
    visitor = Client(raise_request_exception=False)
    caplog.clear()

    with away(), caplog.at_level(logging.INFO):
        answers = [client.get("/"), client.post("/profile/", {}), visitor.get("/products/")]
        answers += [visitor.get("/sign-in/"), client.get("/", headers={"HX-Request": "true"})]
        live = client.get("/healthz/live")
        ready = client.get("/healthz/ready")

    for answer in answers:
        assert armoured(answer).status_code == 503
        assert int(answer["Retry-After"]) >= 1
        assert "The service is not available right now" in answer.text
    assert live.status_code == 200
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    said = [line for line in caplog.records if line.levelno >= logging.WARNING]
    assert [line.name for line in said] == ["base.failures"]
    assert "\n" not in said[0].getMessage()


def test_the_next_line_of_the_log_counts_what_it_left_out(caplog, monkeypatch):
    moment = 1000.0
    monkeypatch.setattr("base.failures.time.monotonic", lambda: moment)
    for _request in range(4):
        reports.say(Failure.BUSY, OperationalError("database is locked"))
    moment += 61

    reports.say(Failure.BUSY, OperationalError("database is locked"))

    assert len(caplog.messages) == 2
    assert "3 more requests failed" in caplog.messages[1]


@on_a_real_connection
def test_what_cannot_be_saved_is_said_and_nobody_is_signed_out(ben, browser_of):
    client = browser_of(ben)

    with read_only():
        refused = client.post("/profile/", PROFILE)
        page = client.get("/profile/")

    assert armoured(refused).status_code == 503
    assert "This could not be saved" in refused.text
    assert page.status_code == 200
    ben.refresh_from_db()
    assert ben.first_name == "Ben"
    assert client.get("/profile/").status_code == 200


@on_a_real_connection
def test_pages_are_read_though_nobody_can_note_who_was_seen(ben, browser_of):
    client = browser_of(ben)
    Session.objects.update(last_seen_at=timezone.now() - timedelta(minutes=5))

    with read_only():
        assert client.get("/profile/").status_code == 200


@on_a_real_connection
def test_a_session_that_cannot_be_saved_is_not_called_deleted(ada, browser_of):
    client = browser_of(ada)
    Session.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))

    with read_only():
        response = client.get("/console/")

    assert response.status_code == 503
    assert "This could not be saved" in response.text
    assert client.get("/console/")["Location"].startswith("/sign-in/again/")


@on_a_real_connection
def test_a_throttle_that_cannot_count_refuses_nobody_for_trying_too_often(ben):
    client = Client(raise_request_exception=False)

    with read_only(django_settings.CACHE_DATABASE):
        response = client.post("/sign-in/", {"email": ben.email, "password": PASSWORD})

    assert response.status_code == 503
    assert "This could not be saved" in response.text


@on_a_real_connection
def test_a_full_file_is_told_as_such(ben, browser_of, is_sqlite):
    if not is_sqlite:
        pytest.skip("SQLite can be told how large its file may grow.")
    client = browser_of(ben)
    with connection.cursor() as cursor:
        # No page is left over from rows that went.
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA max_page_count = 1")
        try:
            for attempt in range(60):
                response = client.post("/profile/", PROFILE | {"first_name": f"Ben {attempt}"})
                if response.status_code == 507:
                    break
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")

    assert armoured(response).status_code == 507
    assert "This could not be saved" in response.text
    assert int(response["Retry-After"]) >= 1


@on_a_real_connection
def test_whoever_waits_too_long_for_a_lock_is_asked_to_come_back(ben, browser_of):
    client = browser_of(ben)

    with locked():
        response = client.post("/profile/", PROFILE)

    assert armoured(response).status_code == 503
    assert "The service is busy" in response.text


@on_a_real_connection
def test_a_session_that_ended_under_a_request_leads_to_the_sign_in_page(ben, rf):
    sign_in(ben)
    store = SessionStore()
    store["_auth_user_id"] = str(ben.pk)
    store.create()
    request = rf.post("/profile/", headers={"Referer": "http://testserver/profile/"})
    request.COOKIES[django_settings.SESSION_COOKIE_NAME] = store.session_key

    def view(request):
        request.session["seen"] = True
        Session.objects.all().delete()
        from django.http import HttpResponse

        return HttpResponse("done")

    response = SessionMiddleware(view)(request)

    assert response.status_code == 302
    # Not "nothing was done": the view did what it does.
    assert response["Location"] == "/sign-in/?next=/profile/"
    assert response.cookies[django_settings.SESSION_COOKIE_NAME].value == ""


def driver(error, **facts):
    """A driver's error as Django hands it on."""
    for name, value in facts.items():
        setattr(error, name, value)
    outer = (
        OperationalError(str(error)) if "Unique" not in str(error) else IntegrityError(str(error))
    )
    outer.__cause__ = error
    return outer


class Sqlite(Exception):
    sqlite_errorcode = 1


class Postgres(Exception):
    sqlstate: str | None = None


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (driver(Sqlite("database or disk is full"), sqlite_errorcode=13), Failure.FULL),
        (driver(Sqlite("disk I/O error"), sqlite_errorcode=10 | 778 << 8), Failure.FULL),
        (
            driver(Sqlite("attempt to write a readonly database"), sqlite_errorcode=8),
            Failure.READ_ONLY,
        ),
        (driver(Sqlite("unable to open database file"), sqlite_errorcode=14), Failure.UNAVAILABLE),
        (driver(Sqlite("database is locked"), sqlite_errorcode=5), Failure.BUSY),
        (driver(Sqlite("file is not a database"), sqlite_errorcode=26), Failure.UNAVAILABLE),
        (driver(Sqlite("no such table: accounts_user")), Failure.UNAVAILABLE),
        (driver(Sqlite('near "SELEC": syntax error')), None),
        (driver(Sqlite("Unique constraint"), sqlite_errorcode=19), None),
        (driver(Postgres("could not extend file"), sqlstate="53100"), Failure.FULL),
        (driver(Postgres("too many clients"), sqlstate="53300"), Failure.UNAVAILABLE),
        (driver(Postgres("read-only transaction"), sqlstate="25006"), Failure.READ_ONLY),
        (driver(Postgres("lock timeout"), sqlstate="55P03"), Failure.BUSY),
        (driver(Postgres("statement timeout"), sqlstate="57014"), Failure.BUSY),
        (driver(Postgres("deadlock detected"), sqlstate="40P01"), Failure.BUSY),
        (driver(Postgres("could not serialize"), sqlstate="40001"), Failure.BUSY),
        (driver(Postgres("starting up"), sqlstate="57P03"), Failure.UNAVAILABLE),
        (driver(Postgres("terminating connection"), sqlstate="57P01"), Failure.UNAVAILABLE),
        (driver(Postgres("connection failed: refused")), Failure.UNAVAILABLE),
        (driver(Postgres("failed to resolve host")), Failure.UNAVAILABLE),
        (driver(Postgres("syntax error"), sqlstate="42601"), None),
        (driver(Postgres("Unique violation"), sqlstate="23505"), None),
        (OSError(errno.ENOSPC, "No space left on device"), Failure.FULL),
        (OSError(errno.EDQUOT, "Quota exceeded"), Failure.FULL),
        (OSError(errno.EROFS, "Read-only file system"), Failure.READ_ONLY),
        (OSError(errno.ENOENT, "No such file"), None),
        (OperationalError("the connection is closed"), Failure.UNAVAILABLE),
        (DatabaseError("Save with update_fields did not affect any rows."), None),
        (ValueError("The connection of thoughts"), None),
    ],
)
def test_failures_are_told_from_mistakes_of_ours(error, failure):
    assert failure_of(error) == failure


def test_a_failure_under_another_error_is_found():
    outer = ValueError("and then this")
    outer.__context__ = OperationalError("database is locked")

    assert failure_of(outer) == Failure.BUSY
    assert failure_of(None) is None
