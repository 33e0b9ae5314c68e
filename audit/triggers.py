"""The database's own refusal to change the journal, for both databases."""

from django.db.backends.base.base import BaseDatabaseWrapper

_SQLITE = {
    "install": [
        """CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
           BEGIN SELECT RAISE(ABORT, 'the audit journal is append-only'); END""",
        """CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
           BEGIN SELECT RAISE(ABORT, 'the audit journal is append-only'); END""",
        # REPLACE deletes the row in its way without asking a DELETE trigger (unless
        # recursive_triggers is on), so an insert that meets an event is refused before it can.
        """CREATE TRIGGER audit_event_no_replace BEFORE INSERT ON audit_event
           WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)
             OR EXISTS (SELECT 1 FROM audit_event WHERE public_id = NEW.public_id)
           BEGIN SELECT RAISE(ABORT, 'the audit journal is append-only'); END""",
        # The trigger above sees -1 for an id that is not chosen yet: an event with that id would
        # stop the journal.
        """CREATE TRIGGER audit_event_no_odd_id AFTER INSERT ON audit_event WHEN NEW.id < 1
           BEGIN SELECT RAISE(ABORT, 'ids of the audit journal begin at 1'); END""",
    ],
    "remove": [
        "DROP TRIGGER IF EXISTS audit_event_no_update",
        "DROP TRIGGER IF EXISTS audit_event_no_delete",
        "DROP TRIGGER IF EXISTS audit_event_no_replace",
        "DROP TRIGGER IF EXISTS audit_event_no_odd_id",
    ],
}
_POSTGRESQL = {
    "install": [
        """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'the audit journal is append-only'; END $$""",
        """CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
           FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
           FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    ],
    "remove": [
        "DROP TRIGGER IF EXISTS audit_event_append_only ON audit_event",
        "DROP TRIGGER IF EXISTS audit_event_no_truncate ON audit_event",
        "DROP FUNCTION IF EXISTS audit_refuse()",
    ],
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the journal append-only."""
    _run(connection, "install")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Undo ``install``; the test suite needs it to empty tables between tests."""
    _run(connection, "remove")


def _run(connection: BaseDatabaseWrapper, what: str) -> None:
    statements = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    with connection.cursor() as cursor:
        for statement in statements[what]:
            cursor.execute(statement)
