"""The journal is written beside the change and never changed."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import actions
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
