"""Empties the databases after a test whose transactions really committed.

Django's ``flush`` truncates every table, used or not, and then makes content types and permissions
again. Most tests write to ten tables of fifty; only those are emptied here.
"""

from functools import cache

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache as throttle
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts import built_in_roles
from accounts.models import Role
from audit import triggers
from audit.models import Event

# They follow from the code alone, and no test changes them.
KEPT = {Permission._meta.db_table, ContentType._meta.db_table}


def empty_databases() -> None:
    """As after the migrations: three roles, and nothing else."""
    for alias in connections:
        _empty(connections[alias])
    built_in_roles.ensure(Role)
    # The throttle's table has no model.
    throttle.clear()


def _empty(connection: BaseDatabaseWrapper) -> None:
    used = _used_tables(connection)
    if not used:
        return
    # The journal refuses to be emptied.
    journal = Event._meta.db_table in used
    if journal:
        triggers.remove(connection)
    # Together, because foreign keys are looked at when the transaction ends.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for table in used:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our tables
    if journal:
        triggers.install(connection)


def _used_tables(connection: BaseDatabaseWrapper) -> list[str]:
    tables = _tables(connection.alias)
    if not tables:
        return []
    looks = [
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return [table for (table,) in cursor.fetchall()]


@cache
def _tables(alias: str) -> list[str]:
    found = connections[alias].introspection.django_table_names(
        only_existing=True, include_views=False
    )
    return sorted(set(found) - KEPT)
