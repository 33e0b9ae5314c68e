"""Probes answer without a sign-in, under any name, and say in words why a process is not ready."""

import os
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder

from apim import readiness

STATES = ["database", "migrations", "cache_table", "writable", "static_files"]


def asked(client):
    response = client.get("/healthz/ready")
    return response.status_code, response.json()


def test_live_asks_no_database(client):
    response = client.get("/healthz/live")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_names_what_was_looked_at(client):
    assert asked(client) == (200, {"ready": True} | dict.fromkeys(STATES, "ok"))


@pytest.mark.django_db(transaction=True)
def test_ready_says_503_when_a_database_is_away(client):
    default = connections["default"]
    default.close()
    kept, default.settings_dict = (
        default.settings_dict,
        default.settings_dict | {"NAME": "/nowhere/at/all"},
    )
    try:
        status, states = asked(client)
    finally:
        default.close()
        default.settings_dict = kept

    assert status == 503
    assert states["database"] in {"missing", "does not answer"}
    assert states["migrations"] == "unknown: the database does not answer"
    assert "nowhere" not in str(states)


@pytest.mark.django_db
@pytest.mark.parametrize("alias", sorted(django_settings.DATABASES))
def test_a_database_behind_or_ahead_of_the_code_is_not_ready(client, alias):
    recorder = MigrationRecorder(connections[alias])

    recorder.record_unapplied("base", "0001_cache_table")
    assert asked(client)[1]["migrations"] == "not applied: run manage.py migrate"

    recorder.record_applied("base", "0001_cache_table")
    recorder.record_applied("left_behind_by_a_package", "0001_initial")
    assert asked(client)[0] == 200

    recorder.record_applied("accounts", "9999_from_tomorrow")
    status, states = asked(client)
    assert (status, states["migrations"]) == (503, "newer than this code")


@pytest.mark.django_db
def test_a_squashed_migration_counts_where_all_that_it_replaces_are_applied(client, monkeypatch):
    code = readiness._migrations_of_the_code()
    squashed = ("base", "0001_squashed")
    replaced = {squashed: frozenset([("base", "0001_cache_table")])}
    monkeypatch.setattr(
        readiness, "_migrations_of_the_code", lambda: (code[0] | {squashed}, replaced, code[2])
    )

    assert asked(client)[0] == 200


@pytest.mark.django_db(transaction=True)
def test_a_throttle_that_cannot_count_is_not_ready(client):
    with connections[django_settings.CACHE_DATABASE].cursor() as cursor:
        cursor.execute("ALTER TABLE base_cache RENAME TO base_cache_away")
        try:
            status, states = asked(client)
        finally:
            cursor.execute("ALTER TABLE base_cache_away RENAME TO base_cache")

    assert (status, states["cache_table"]) == (503, "cannot be written")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_only_reads_is_not_ready(client, is_sqlite, monkeypatch):
    if is_sqlite:
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        status, states = asked(client)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            try:
                status, states = asked(client)
            finally:
                cursor.execute("SET default_transaction_read_only = off")

    assert (status, states["writable"]) == (503, "read-only")


def test_a_disk_without_room_is_not_ready(monkeypatch, tmp_path):
    full = os.statvfs_result((4096, 4096, 100, 0, 0, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    file = tmp_path / "apim.sqlite3"
    file.touch()

    assert readiness._file_is_writable(file) == "the disk is full"


def test_static_files_without_their_manifest_are_not_ready(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = django_settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    assert readiness._static_files() == "no manifest: run manage.py collectstatic"

    (tmp_path / "staticfiles.json").write_text(
        '{"version": "1.1", "hash": "", "paths": {"css/base.css": "css/base.1.css"}}'
    )
    settings.STATIC_ROOT = Path(str(tmp_path) + "/")
    readiness.staticfiles_storage._setup()
    assert readiness._static_files() == "older than this code: run manage.py collectstatic"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["10.1.2.3", "10.1.2.3:8000", "[fd00::7]:80", "anything", "-._", ""]
)
@pytest.mark.parametrize("path", ["/healthz/live", "/healthz/ready", "/metrics"])
def test_probes_answer_under_any_name(client, settings, path, host):
    settings.METRICS_TOKEN = "s" * 20
    settings.SECURE_SSL_REDIRECT = True

    response = client.get(
        path, headers={"Host": host, "Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    )

    assert response.status_code == 200, response.headers


@pytest.mark.django_db
def test_migrate_alone_looks_at_every_database():
    said = StringIO()

    call_command("migrate", plan=True, stdout=said, no_color=True)

    assert said.getvalue().count("No planned migration operations") == len(connections.settings)
