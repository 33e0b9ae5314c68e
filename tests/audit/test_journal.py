"""The journal is written beside the change and never changed."""

from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import actions
from audit import triggers
from audit.journal import record, record_each
from audit.models import Event

pytestmark = pytest.mark.django_db


def test_record_keeps_words_that_outlive_people(ada, ben):
    actions.delete_user(user=ben, by=ada)

    event = Event.objects.get(action="user.deleted")
    assert event.actor_label == "Ada Lovelace <ada@example.org>"
    assert event.subject_label == "Ben Okafor <ben@example.org>"
    assert event.subject_kind == "user"


def test_record_each_writes_what_record_would(ada, ben, django_assert_num_queries):
    record("user.edited", by=ada, subject=ben, changes={"note": []})
    single = Event.objects.get()

    with django_assert_num_queries(1):
        record_each("user.edited", by=ada, subjects=[ben, ada], changes={"note": []})

    about_ada, about_ben = Event.objects.exclude(pk=single.pk)
    assert about_ada.subject_id == ada.public_id
    for field in ["action", "actor_id", "actor_label", "subject_id", "subject_label", "data"]:
        assert getattr(about_ben, field) == getattr(single, field)


def test_the_longest_name_and_address_fit(ada, ben):
    ben.first_name, ben.last_name = "B" * 100, "O" * 100
    ben.email = f"{'b' * 242}@example.org"

    record("user.edited", by=ben, subject=ben)

    event = Event.objects.get()
    assert len(event.subject_label) == len(event.actor_label) == 320


def test_a_rolled_back_change_leaves_no_event(ada, ben):
    with transaction.atomic():
        actions.block_user(user=ben, by=ada)
        transaction.set_rollback(True)

    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda: Event.objects.update(action="nothing.happened"),
        lambda: Event.objects.all().delete(),
        lambda: connection.cursor().execute("DELETE FROM audit_event"),
    ],
)
def test_the_database_refuses_to_change_the_journal(ada, change):
    record("test.done", by=ada, subject=ada)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()

    assert Event.objects.get().action == "test.done"


# Each writes over the only event, under its id or its public id. ALL stands for the columns.
ALL = (
    "id, public_id, at, actor_id, actor_label, subject_kind, subject_id, subject_label, address,"
    " data, action"
)
SAME_ID = (
    "SELECT id, '00000000000000000000000000000001', at, actor_id, actor_label, subject_kind,"
    " subject_id, subject_label, address, data, 'nothing.happened' FROM audit_event WHERE true"
)
SAME_PUBLIC_ID = (
    "SELECT id + 1, public_id, at, actor_id, actor_label, subject_kind,"
    " subject_id, subject_label, address, data, 'nothing.happened' FROM audit_event WHERE true"
)
OVERWRITING = {
    "sqlite": [
        "REPLACE INTO audit_event (ALL) " + SAME_ID,
        "REPLACE INTO audit_event (ALL) " + SAME_PUBLIC_ID,
        "INSERT OR REPLACE INTO audit_event (ALL) " + SAME_ID,
        "INSERT OR REPLACE INTO audit_event (ALL) " + SAME_PUBLIC_ID,
        "UPDATE OR REPLACE audit_event SET action = 'nothing.happened'",
        "INSERT INTO audit_event (ALL) "
        + SAME_ID
        + " ON CONFLICT (id) DO UPDATE SET action = 'nothing.happened'",
    ],
    "postgresql": [
        "INSERT INTO audit_event (ALL) OVERRIDING SYSTEM VALUE SELECT ALL FROM audit_event"
        " ON CONFLICT (id) DO UPDATE SET action = 'nothing.happened'",
        "INSERT INTO audit_event (ALL) OVERRIDING SYSTEM VALUE SELECT ALL FROM audit_event"
        " ON CONFLICT (public_id) DO UPDATE SET action = 'nothing.happened'",
        "MERGE INTO audit_event USING (SELECT 1) AS one ON true"
        " WHEN MATCHED THEN UPDATE SET action = 'nothing.happened'",
    ],
}


def overwrites() -> list[str]:
    """Which ways to write over an event got through; the others are refused in our words."""
    through = []
    for statement in OVERWRITING[connection.vendor]:
        refusal = ""
        try:
            with transaction.atomic():
                connection.cursor().execute(statement.replace("ALL", ALL))
        except DatabaseError as error:
            refusal = str(error)
        if "append-only" not in refusal:
            through.append(f"{statement}: {refusal}")
    return through


def test_no_insert_writes_over_an_event(ada):
    record("test.done", by=ada, subject=ada)

    assert overwrites() == []

    assert Event.objects.get().action == "test.done"


def test_migration_brings_an_earlier_journal_its_missing_triggers(ada, is_sqlite):
    if is_sqlite:
        for name in ["no_replace", "no_odd_id"]:
            connection.cursor().execute(f"DROP TRIGGER audit_event_{name}")

    install = import_module("audit.migrations.0003_no_replace").install
    install(None, connection.schema_editor())

    record("test.done", by=ada, subject=ada)
    assert overwrites() == []


def test_no_event_stops_the_journal_by_its_id(ada, is_sqlite):
    """SQLite's triggers see -1 where an id is not chosen yet."""
    record("test.done", by=ada, subject=ada)
    if is_sqlite:
        with pytest.raises(DatabaseError), transaction.atomic():
            Event(pk=-1, action="test.odd", subject_kind="user").save(force_insert=True)

    record("test.done", by=ada, subject=ada)

    assert Event.objects.count() == 2


def test_triggers_can_be_removed_and_installed_again(ada):
    record("test.done", by=ada, subject=ada)

    triggers.remove(connection)
    assert overwrites() != []
    triggers.install(connection)

    assert overwrites() == []


def test_postgresql_refuses_to_empty_the_journal(ada, is_sqlite):
    record("test.done", by=ada, subject=ada)
    if is_sqlite:
        # SQLite knows no TRUNCATE; its DELETE is refused above.
        return

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute("TRUNCATE audit_event")


def test_events_name_the_address_of_the_request(console, ben):
    console.post(f"/console/developers/{ben.public_id}/block/", {"reason": ""})

    assert Event.objects.get(action="user.blocked").address == "127.0.0.1"
