"""Which column of a file holds what: guessed from the head line, chosen by a person."""

import re
import unicodedata
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from base.addresses import is_address

FIELDS = {
    "email": _("Email address"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "full_name": _("Full name"),
}
# In English, in German, and as Azure and its exports have them; without signs and case.
NAMES = {
    "email": [
        *["email", "emailaddress", "mail", "mailaddress", "useremail", "propertiesemail"],
        *["emailadresse", "mailadresse", "epost", "userprincipalname", "primaryemail"],
    ],
    "first_name": [
        *["firstname", "givenname", "forename", "first", "propertiesfirstname"],
        *["vorname", "rufname"],
    ],
    "last_name": [
        *["lastname", "surname", "familyname", "last", "propertieslastname", "sn"],
        *["nachname", "familienname", "zuname"],
    ],
    "full_name": [
        *["name", "fullname", "displayname", "username", "contact", "person"],
        *["vollername", "anzeigename", "benutzername", "vorundnachname"],
    ],
}


def guess_mapping(head: Sequence[str], sample: Sequence[Sequence[str]]) -> dict[str, int]:
    """Field to column, as far as the head line tells; the addresses are found by their look too."""
    plain = [_plain(name) for name in head]
    mapping: dict[str, int] = {}
    for field, names in NAMES.items():
        named = (plain.index(name) for name in names if name in plain)
        column = next((column for column in named if column not in mapping.values()), None)
        if column is None and field == "email":
            column = _column_of_addresses(len(head), sample)
        if column is not None:
            mapping[field] = column
    # "Vorname" and "Name" stand side by side in German.
    if "first_name" in mapping and "last_name" not in mapping and "full_name" in mapping:
        mapping["last_name"] = mapping.pop("full_name")
    if "first_name" in mapping and "last_name" in mapping:
        mapping.pop("full_name", None)
    return mapping


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", letters)


def _column_of_addresses(width: int, sample: Sequence[Sequence[str]]) -> int | None:
    def addresses(column: int) -> int:
        return sum(is_address(row[column]) for row in sample if column < len(row))

    best = max(range(width), key=addresses, default=None)
    return best if best is not None and addresses(best) else None
