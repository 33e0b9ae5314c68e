"""10,000 people from a file: invitations in bulk beside one by one, and added people, with peak memory.

    APIM_DEBUG=1 APIM_DATABASE_URL=... python -m bench.imports [--people 10000] [--by-hand 500]

Fills the database it is given, so name an empty one. Only the ratio of one run counts: rows a
second in bulk against ``invite_user`` for each (bar 16 of the design's performance page, at least 4).
"""

import argparse
import io
import os
import resource
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")
os.environ.setdefault("APIM_BACKGROUND", "worker")

import django

django.setup()

from datetime import timedelta  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.actions import Person, add_user, assign_role  # noqa: E402
from accounts.models import Role, User  # noqa: E402
from imports.actions import choose_columns, start_import, upload_file  # noqa: E402
from imports.jobs import process_due  # noqa: E402
from imports.models import Import  # noqa: E402
from invitations.actions import invite_many, invite_user  # noqa: E402

AT_LEAST = 4.0
BATCH = 500
WEEK = timedelta(days=7)


def main() -> int:
    """Print the figures; 0 when the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--by-hand", type=int, default=500)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    sender = _administrator()
    print(f"{connection.vendor}, {options.people} people", flush=True)  # noqa: T201
    # Both ways in turn, so that neighbours disturb both alike.
    by_hand = _one_by_one(sender, options.by_hand // 2, start=0)
    in_bulk = _in_bulk(sender, options.people)
    by_hand = (by_hand + _one_by_one(sender, options.by_hand // 2, start=options.by_hand)) / 2
    ratio = in_bulk / by_hand
    print(f"  invited one by one      {by_hand:8.0f} /s")  # noqa: T201
    print(f"  invited in bulk         {in_bulk:8.0f} /s")  # noqa: T201
    for kind in Import.Kind:
        before = _peak()
        seconds = _from_a_file(sender, options.people, kind)
        rate, grown = options.people / seconds, _peak() - before
        print(f"  {kind.value} from a file, whole   {rate:8.0f} /s, peak +{grown:.0f} MiB")  # noqa: T201
    met = ratio >= AT_LEAST
    print(f"  bar 16 {'met' if met else 'MISSED'}: {ratio:.1f} (wanted >= {AT_LEAST})")  # noqa: T201
    return 0 if met else 1


def _administrator() -> User:
    user = add_user(email="ada@bench.example", first_name="Ada", last_name="Bench", by=None)
    assign_role(user=user, role=Role.objects.administrators(), by=None)
    return user


def _one_by_one(sender: User, number: int, *, start: int) -> float:
    begun = time.perf_counter()
    for index in range(start, start + number):
        invite_user(
            email=f"hand{index}@bench.example",
            first_name="Hand",
            last_name="Written",
            validity=WEEK,
            by=sender,
        )
    return number / (time.perf_counter() - begun)


def _in_bulk(sender: User, number: int) -> float:
    people = [
        Person(email=f"bulk{index}@bench.example", first_name="Bulk", last_name="Written")
        for index in range(number)
    ]
    begun = time.perf_counter()
    for start in range(0, number, BATCH):
        invite_many(people=people[start : start + BATCH], by=sender, validity=WEEK)
    return number / (time.perf_counter() - begun)


def _from_a_file(sender: User, number: int, kind: str) -> float:
    """Seconds from the upload to the last row done, the dry run included."""
    lines = [f"{kind}{index}@file.example,File,Written" for index in range(number)]
    file = io.BytesIO("\n".join(["Email,First name,Last name", *lines]).encode())
    begun = time.perf_counter()
    made = upload_file(file=file, file_name="people.csv", kind=kind, by=sender)
    mapping = {"email": 0, "first_name": 1, "last_name": 2}
    choose_columns(import_=made, mapping=mapping, by=sender)
    process_due()
    made.refresh_from_db()
    validity = WEEK if made.invites else None
    start_import(import_=made, validity=validity, by=sender)
    process_due()
    made.refresh_from_db()
    assert made.state == Import.State.FINISHED, made.state  # noqa: S101 - a figure of half a file lies
    return time.perf_counter() - begun


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
