"""``migrate`` for every database there is, so that one line prepares the service."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections


class Command(MigrateCommand):
    """Django's, which knows one database at a time; with SQLite the throttle has a file of its own."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return {**super().get_check_kwargs(options), "databases": _named(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        for database in _named(options):
            if options["verbosity"] and len(connections.settings) > 1:
                self.stdout.write(self.style.MIGRATE_HEADING(f"Database {database}:"))
            super().handle(*args, **options | {"database": database})


def _named(options: dict[str, Any]) -> list[str]:
    return [options["database"]] if options["database"] else list(connections)
