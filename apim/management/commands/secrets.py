"""Which server keys are still needed, for whoever rotates them (docs/operating.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from console.settings.secret_keys import ServerKey, open_links, stored_secrets


class Command(BaseCommand):
    help = "Count gateway secrets, subscription keys and open links by the server key they stand under."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stored, links = stored_secrets(), open_links()
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database cannot be read: {reason}. Is it migrated?") from None
        self._table(
            "Stored secrets (digested)",
            ["gateway secrets", "keys used in 90 days", "other keys"],
            [
                (key, [key.stored.gateway_secrets, key.stored.keys_in_use, key.stored.other_keys])
                for key in stored
            ],
        )
        self._table(
            "Open links (signed)",
            ["invitations", "invite links", "password links"],
            [
                (
                    key,
                    [key.stored.invitations, key.stored.invite_links, key.stored.password_links],
                )
                for key in links
            ],
        )
        for key in stored:
            if not key.is_present and key.is_certain:
                self.stdout.write(_verdict(key))

    def _table(self, title: str, heads: list[str], rows: list[tuple[ServerKey, list[int]]]) -> None:
        lines = [["key", *heads, "where"]]
        lines += [[key.name, *map(str, counts), _where(key)] for key, counts in rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        self.stdout.write(title)
        for name, *counts, where in lines:
            cells = [count.rjust(width) for count, width in zip(counts, widths[1:-1], strict=True)]
            self.stdout.write("  ".join(["", name.ljust(widths[0]), *cells, where]).rstrip())
        self.stdout.write("")


def _where(key: ServerKey) -> str:
    if not key.is_certain:
        return "not known yet: the next use tells"
    if not key.is_configured:
        return "not configured"
    return ", ".join(key.variables) + (" (present)" if key.is_present else "")


def _verdict(key: ServerKey) -> str:
    stored = key.stored
    if not key.is_configured:
        return f"{key.name} is not configured: what stands under it is refused."
    if stored.is_in_use or key.is_doubted:
        return f"{key.name} is still needed for stored secrets."
    if stored.other_keys:
        return (
            f"{key.name} is needed only for {stored.other_keys} subscription keys that were not used "
            "in the last 90 days: without it they are lost."
        )
    return f"{key.name} is not needed for stored secrets any more."
