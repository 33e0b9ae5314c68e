"""A trigram index over User.search: pg_trgm on PostgreSQL, FTS5 on SQLite (accounts.search)."""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE accounts_user_search USING fts5(
        search, content='accounts_user', content_rowid='id',
        tokenize='trigram', detail='none', columnsize=0)""",
    """CREATE TRIGGER accounts_user_search_insert AFTER INSERT ON accounts_user BEGIN
        INSERT INTO accounts_user_search(rowid, search) VALUES (new.id, new.search); END""",
    """CREATE TRIGGER accounts_user_search_delete AFTER DELETE ON accounts_user BEGIN
        INSERT INTO accounts_user_search(accounts_user_search, rowid, search)
        VALUES ('delete', old.id, old.search); END""",
    """CREATE TRIGGER accounts_user_search_update AFTER UPDATE OF search ON accounts_user BEGIN
        INSERT INTO accounts_user_search(accounts_user_search, rowid, search)
        VALUES ('delete', old.id, old.search);
        INSERT INTO accounts_user_search(rowid, search) VALUES (new.id, new.search); END""",
    "INSERT INTO accounts_user_search(accounts_user_search) VALUES ('rebuild')",
]
# Where the extension may not be created the search still answers, by walking the table.
POSTGRESQL = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX accounts_user_search ON accounts_user USING gin (search gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
    RAISE WARNING 'pg_trgm is not available: searching people will read the whole table';
END $$
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for statement in SQLITE:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS accounts_user_search")
        return
    for trigger in ["insert", "delete", "update"]:
        schema_editor.execute(f"DROP TRIGGER accounts_user_search_{trigger}")
    schema_editor.execute("DROP TABLE accounts_user_search")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_built_in_roles")]
    operations = [migrations.RunPython(create, drop)]
