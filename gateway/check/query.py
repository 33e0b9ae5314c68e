"""The one statement of the check: everything the rule looks at, read at every call.

Connections of its own, one a thread, with the statement prepared: Django switches prepared
statements off, and planning this join anew costs more than running it (docs/adr/0018). Nothing is
cached: what was committed a moment ago decides the next call.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from base.secret_keys import digest_keys, key_id
from catalog.access.rule import Facts, Reason, decide
from catalog.keys import digests_of, is_plausible
from catalog.routes import MAX_SEGMENTS, prefixes_of
from gateway.registry.secrets import digests_of as digests_of_secret

# A gateway waits 2 seconds. The database itself gives up before (statement_timeout).
DEADLINE = 2.0
# After a database that hung nobody waits for it again so soon; one that refuses answers at once.
PAUSE = 1.0
# What Django's connection has and libpq knows not.
_NOT_LIBPQ = {"context", "cursor_factory", "prepare_threshold"}


class DatabaseUnavailable(Exception):
    """The truth cannot be read now; the gateway must refuse."""


class Renewal(NamedTuple):
    """Digests under the present key. Empty where the stored one is of that key, or nothing was found."""

    key_digest: str
    secret_pk: int
    secret_digest: str


class Answer(NamedTuple):
    """What the check found. Numbers are 0 and words empty where there is nothing to name."""

    reason: Reason | None
    gateway_pk: int
    explains: bool
    api_pk: int
    api_slug: str
    api_prefix: str
    key_pk: int
    # What to store where a digest is one of an earlier key; None where both are of the present one.
    renewal: Renewal | None
    user_pk: int
    user_id: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    subscription_id: str
    product: str


_ROLE_NAMES = {
    "sqlite": "(SELECT group_concat(r.name, char(31))",
    "postgresql": "(SELECT string_agg(r.name, chr(31) ORDER BY r.name)",
}

# One row always comes back. Candidates of the path, the longest first: the first that is one wins.
# CROSS JOIN keeps SQLite to the order written: the product's few roles, not all there are.
_API = "(SELECT id FROM catalog_api WHERE path_prefix = {prefix})"
_STATEMENT = """
SELECT s.gateway_id, s.id, s.digest, s.digest_key, v.explain_refusals,
       a.id, a.slug, a.path_prefix, a.subscription_required,
       k.id, k.digest, k.digest_key, (k.expires_at IS NULL OR k.expires_at > {now}),
       u.id, u.public_id, u.email, u.first_name, u.last_name, u.state,
       {role_names} FROM accounts_roleassignment m JOIN accounts_role r ON r.id = m.role_id
         WHERE m.user_id = u.id),
       b.public_id, b.state, (b.ends_at IS NULL OR b.ends_at > {now}),
       p.slug, p.published_at IS NOT NULL,
       EXISTS (SELECT 1 FROM catalog_product_apis c WHERE c.product_id = p.id AND c.api_id = a.id),
       EXISTS (SELECT 1 FROM catalog_product_roles c CROSS JOIN accounts_role r
         WHERE c.product_id = p.id AND r.id = c.role_id AND (r.built_in = 'guests' OR EXISTS (
           SELECT 1 FROM accounts_roleassignment m WHERE m.user_id = u.id AND m.role_id = r.id)))
FROM (SELECT 1 AS one) AS always
LEFT JOIN gateway_secret s
  ON s.digest IN ({secrets}) AND (s.ends_at IS NULL OR s.ends_at > {now})
LEFT JOIN service_service v ON v.id = 1
LEFT JOIN catalog_api a ON a.id = COALESCE({apis})
LEFT JOIN catalog_key k ON k.digest IN ({digests})
LEFT JOIN catalog_subscription b ON b.id = k.subscription_id
LEFT JOIN accounts_user u ON u.id = b.owner_id
LEFT JOIN catalog_product p ON p.id = b.product_id
"""

# What the statement is given, in this order: now, the gateway's digests, the key's, the prefixes.
Parameters = tuple[Any, ...]
Read = Callable[[Parameters], Sequence[Any]]


def ask(*, secret: str, key: str, key_given: bool, path: str, at: datetime) -> Answer:
    """The rule applied to a call. ``secret`` is the gateway's, empty for the service itself.

    A ``key`` that can be none of ours is not looked for. Raises DatabaseUnavailable.
    """
    digests = digests_of(key) if key and is_plausible(key) else []
    secrets = digests_of_secret(secret) if secret else []
    return _ask(secrets, digests, key_given=key_given, path=path, at=at)


def ask_for_digest(digest: str, path: str) -> Answer:
    """The same answer for a stored key, whose plain text nobody has: the console's *Test now*."""
    answer = _ask([], [digest], key_given=True, path=path, at=datetime.now(UTC))
    return answer._replace(renewal=None)


def close() -> None:
    """Close this thread's connection; the next call opens another."""
    connection = getattr(_local, "connection", None)
    _local.read = _local.connection = None
    if connection is not None:
        connection.close()


_local = threading.local()
# When this process may try to connect again (time.monotonic).
_paused_until = 0.0


def _ask(
    secrets: list[str], digests: list[str], *, key_given: bool, path: str, at: datetime
) -> Answer:
    # Always as many as there are keys to digest with, so that one prepared statement serves every call.
    keys = digest_keys()
    none = [""] * len(keys)
    row = _read((at, *(secrets or none), *_as_many(digests, none), *prefixes_of(path)))
    return _answer(row, secrets, digests, present=key_id(keys[0]), key_given=key_given)


def _as_many(digests: list[str], none: list[str]) -> list[str]:
    return digests if len(digests) == len(none) else [*digests, *none[len(digests) :]]


def _answer(
    row: Sequence[Any], secrets: list[str], digests: list[str], *, present: str, key_given: bool
) -> Answer:
    # fmt: off
    (gateway, secret, secret_digest, secret_under, explains,
     api, slug, prefix, required, key, digest, key_under, key_live,
     user, user_id, email, first, last, user_state, roles,
     subscription, subscription_state, subscription_lasts, product, published, contained, seen) = row
    # By position, in the order of their fields: by name they cost twice as much.
    facts = Facts(
        api is not None, bool(required), key_given, key is not None,
        user_state == "active", bool(seen), bool(published), bool(contained),
        subscription_state == "active" and bool(subscription_lasts), bool(key_live),
    )
    return Answer(
        decide(facts), gateway or 0, bool(explains),
        api or 0, slug or "", prefix or "",
        key or 0,
        _renewal(
            "" if key is None or (digest == digests[0] and key_under == present) else digests[0],
            secret or 0,
            "" if secret is None or (secret_digest == secrets[0] and secret_under == present)
            else secrets[0],
        ),
        user or 0, _uuid(user_id), email or "", first or "", last or "",
        tuple(sorted(roles.split("\x1f"))) if roles else (),
        _uuid(subscription), product or "",
    )
    # fmt: on


def _renewal(key_digest: str, secret_pk: int, secret_digest: str) -> Renewal | None:
    if key_digest or secret_digest:
        return Renewal(key_digest, secret_pk, secret_digest)
    return None


def _uuid(value: Any) -> str:
    """SQLite keeps 32 hex digits, PostgreSQL a UUID."""
    if value is None:
        return ""
    if isinstance(value, UUID):
        return str(value)
    # Sliced, because parsing it costs as much as reading the row.
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _read(parameters: Parameters) -> Sequence[Any]:
    """The row, through this thread's connection. One that was lost meanwhile is opened once more."""
    read: Read | None = getattr(_local, "read", None)
    if read is not None:
        began = time.monotonic()
        try:
            return read(parameters)
        except (psycopg.Error, sqlite3.Error) as error:
            close()
            if _hung(began):
                raise DatabaseUnavailable(type(error).__name__) from error
    if time.monotonic() < _paused_until:
        raise DatabaseUnavailable("It hung a moment ago")
    began = time.monotonic()
    try:
        return _open()(parameters)
    except (psycopg.Error, sqlite3.Error) as error:
        close()
        _hung(began)
        raise DatabaseUnavailable(type(error).__name__) from error


def _hung(began: float) -> bool:
    """Whether the database took so long to fail that nobody should wait for it now."""
    global _paused_until  # noqa: PLW0603 - one truth for all threads of the process
    now = time.monotonic()
    if now - began < DEADLINE / 2:
        return False
    _paused_until = now + PAUSE
    return True


def _open() -> Read:
    django = connections[DEFAULT_DB_ALIAS]
    connection, read = (
        _open_sqlite(str(django.settings_dict["NAME"]))
        if django.vendor == "sqlite"
        else _open_postgresql(django.get_connection_params())
    )
    _local.connection, _local.read = connection, read
    return read


def _statement(vendor: str, mark: str) -> str:
    """The statement with numbered parameters: ``?1`` or ``$1``, as Parameters counts them."""
    count = len(digest_keys())
    numbered = [f"{mark}{number}" for number in range(1, 2 + 2 * count + MAX_SEGMENTS)]
    secrets, digests = numbered[1 : 1 + count], numbered[1 + count : 1 + 2 * count]
    prefixes = numbered[1 + 2 * count :]
    return _STATEMENT.format(
        now=numbered[0],
        role_names=_ROLE_NAMES[vendor],
        secrets=", ".join(secrets),
        digests=", ".join(digests),
        apis=", ".join(_API.format(prefix=prefix) for prefix in reversed(prefixes)),
    )


def _open_sqlite(name: str) -> tuple[Any, Read]:
    # "rw": a file that is away must not be made anew, empty.
    uri = name if name.startswith("file:") else f"{Path(name).absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, timeout=DEADLINE, isolation_level=None, uri=True)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA mmap_size = 268435456")
    cursor = connection.cursor()
    statement = _statement("sqlite", "?")

    def read(parameters: Parameters) -> Sequence[Any]:
        # As Django writes moments: UTC without a zone.
        now = str(parameters[0]).removesuffix("+00:00")
        # To the end, so that no read transaction stays open over a later commit.
        [row] = cursor.execute(statement, (now, *parameters[1:])).fetchall()
        return row

    return connection, read


class _Connection(psycopg.Connection[Any]):
    """Gives up on a server that keeps the line and says nothing: no timeout of the server ends that."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = DEADLINE) -> Any:
        return super().wait(gen, interval, timeout)


def _open_postgresql(parameters: dict[str, Any]) -> tuple[Any, Read]:
    libpq = {name: value for name, value in parameters.items() if name not in _NOT_LIBPQ}
    own = (
        "-c statement_timeout=1500 -c default_transaction_read_only=on"
        # The plan is the same for every key; made anew it costs more than the rows.
        " -c plan_cache_mode=force_generic_plan"
    )
    libpq |= {
        "connect_timeout": int(DEADLINE),
        "options": f"{libpq.get('options', '')} {own}",
        "application_name": "apim check",
    }
    connection = _Connection.connect(**libpq, autocommit=True, prepare_threshold=0)
    cursor = psycopg.RawCursor(connection)
    statement = _statement("postgresql", "$")

    def read(parameters: Parameters) -> Sequence[Any]:
        row = cursor.execute(statement, parameters, binary=True).fetchone()
        assert row is not None  # noqa: S101 - "always" gives one row
        return row

    return connection, read
