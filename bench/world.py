"""Fills an empty database with people and keys, and writes what wrk and the gateways need.

``python -m bench.world KEYS FOLDER``, with the database in APIM_DATABASE_URL. In FOLDER:
``check.lua`` asks the check as nginx would, ``calls.lua`` calls a gateway, ``keys`` and ``secret``
are for bench.decider.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

import django

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Role, RoleAssignment, User  # noqa: E402
from catalog.keys import digest_of, new_key, prefix_of  # noqa: E402
from catalog.models import Api, Key, Product, Subscription  # noqa: E402
from gateway.registry.actions import register_gateway  # noqa: E402

CALLED = 5000
LUA = """
local keys = {{{keys}}}
local number = 0
request = function()
  number = number % #keys + 1
  return wrk.format("GET", {path}, {{
    {headers}["Ocp-Apim-Subscription-Key"] = keys[number],
  }})
end
"""
TOLD = """["X-Gateway-Secret"] = "{secret}",
    ["X-Original-Method"] = "GET",
    ["X-Original-URI"] = "/orders/7",
    """
# The rest of a large table, which nobody calls: made by the database, with digests of nothing.
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(%s::bigint, %s))",
}
DIGEST = {
    "sqlite": "lower(hex(randomblob(32)))",
    "postgresql": "encode(sha256(random()::text::bytea), 'hex')",
}
UUID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}


def fill(count: int, folder: Path) -> None:
    """``count`` keys, two each; of those that are called one in ten is a key that nobody has."""
    call_command("migrate", verbosity=0, interactive=False)
    nobody_signs_in = make_password(None)
    people = User.objects.bulk_create(
        [
            User(
                email=f"p{number}@bench.example",
                first_name="A",
                last_name="B",
                password=nobody_signs_in,
            )
            for number in range(CALLED // 2)
        ],
        batch_size=2000,
    )
    developers = Role.objects.developers()
    RoleAssignment.objects.bulk_create(
        [RoleAssignment(user=person, role=developers) for person in people], batch_size=2000
    )
    orders = Api.objects.create(
        name="Orders",
        name_key="orders",
        slug="orders",
        path_prefix="/orders",
        back_end="http://127.0.0.1:9",
    )
    product = Product.objects.create(
        name="Bench", name_key="bench", slug="bench", published_at=timezone.now()
    )
    product.apis.set([orders])
    product.roles.set([developers])
    subscriptions = Subscription.objects.bulk_create(
        [
            Subscription(owner=person, product=product, name="Bench", state="active")
            for person in people
        ],
        batch_size=2000,
    )
    values = [new_key() for _key in range(CALLED)]
    Key.objects.bulk_create(
        [
            Key(
                subscription=subscriptions[number // 2],
                slot=Key.Slot.SECONDARY if number % 2 else Key.Slot.PRIMARY,
                prefix=prefix_of(value),
                digest=digest_of(value),
            )
            for number, value in enumerate(values)
        ],
        batch_size=2000,
    )
    add_the_rest((count - CALLED) // 2)
    _gateway, secret = register_gateway(name="Bench", by=None)
    called = [new_key() if number % 10 == 9 else value for number, value in enumerate(values)]
    words = ", ".join(f'"{value}"' for value in called)
    told = TOLD.format(secret=secret)
    (folder / "check.lua").write_text(LUA.format(keys=words, headers=told, path="nil"))
    (folder / "calls.lua").write_text(LUA.format(keys=words, headers="", path='"/orders/7"'))
    (folder / "keys").write_text("\n".join(called))
    (folder / "secret").write_text(secret)


def add_the_rest(people: int) -> None:
    """``people`` more, each with a subscription and two keys: copies of the last of those there are."""
    digest, uuid = DIGEST[connection.vendor], UUID[connection.vendor]
    # Beyond every number that is taken.
    first = 10 * CALLED
    copies: list[tuple[str, dict[str, str]]] = [
        ("accounts_user", {"id": "n", "email": "'n' || n || '@bench.example'"}),
        ("accounts_roleassignment", {"id": "n", "user_id": "n"}),
        ("catalog_subscription", {"id": "n", "owner_id": "n"}),
        *[
            ("catalog_key", {"id": f"2 * n + {slot}", "subscription_id": "n", "slot": f"'{name}'"})
            for slot, name in enumerate(Key.Slot.values)
        ],
    ]
    with connection.cursor() as cursor:
        for table, changed in copies:
            described = connection.introspection.get_table_description(cursor, table)
            columns = [column.name for column in described]
            drawn = {"public_id": uuid, "digest": digest}
            values = [(drawn | changed).get(name, f"old.{name}") for name in columns]
            statement = (
                f"{NUMBERS[connection.vendor]} INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608
                f" SELECT {', '.join(values)} FROM numbers,"
                f" (SELECT * FROM {table} ORDER BY id DESC LIMIT 1) AS old"
            )
            cursor.execute(statement, [first, first + people - 1])
        # PostgreSQL does so by itself in time; nothing does on SQLite.
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")


if __name__ == "__main__":
    fill(int(sys.argv[1]), Path(sys.argv[2]))
