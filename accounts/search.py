"""Finding people by a fragment of name or address, flat from a thousand rows to a million.

Both databases keep a trigram index over ``User.search`` (migration 0003). One lookup,
``search__fragment``, compiles to what each index understands.
"""

from typing import Any

from django.db.models import Lookup, TextField

MIN_INDEXED = 3


class Fragment(Lookup):
    """``column LIKE %fragment%`` with the fragment taken literally."""

    lookup_name = "fragment"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        escaped = str(self.rhs).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{column} LIKE %s", (*params, f"%{escaped}%")

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Through the FTS5 trigram table; instr() settles wildcards and short fragments.

        ``LIKE ... ESCAPE`` would switch the index off, so the fragment goes in unescaped, where
        % and _ only find too much, and instr() takes that back.
        """
        column, params = self.process_lhs(compiler, connection)
        fragment = str(self.rhs)
        if len(fragment) < MIN_INDEXED:
            return f"instr({column}, %s) > 0", [*params, fragment]
        table = column.rsplit(".", 1)[0]
        indexed = f"{table}.id IN (SELECT rowid FROM accounts_user_search WHERE search LIKE %s)"  # noqa: S608 - names from Django's compiler, the fragment as a parameter
        return (
            f"({indexed} AND instr({column}, %s) > 0)",
            [f"%{fragment}%", *params, fragment],
        )


def register_lookup() -> None:
    """Make ``__fragment`` available; called once the apps are ready."""
    TextField.register_lookup(Fragment)
