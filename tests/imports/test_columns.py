"""Which column holds what, guessed from the head line."""

import pytest

from imports.columns import guess_mapping


@pytest.mark.parametrize(
    ("head", "mapping"),
    [
        (["Email", "First name", "Last name"], {"email": 0, "first_name": 1, "last_name": 2}),
        (["Name", "E-Mail"], {"email": 1, "full_name": 0}),
        # German.
        (["Vorname", "Nachname", "E-Mail-Adresse"], {"email": 2, "first_name": 0, "last_name": 1}),
        (["Vorname", "Name", "Mail"], {"email": 2, "first_name": 0, "last_name": 1}),
        (["Anzeigename", "EMail"], {"email": 1, "full_name": 0}),
        # Azure: the management API's fields, flattened, and Entra's export.
        (
            ["name", "properties.firstName", "properties.lastName", "properties.email", "properties.state"],
            {"email": 3, "first_name": 1, "last_name": 2},
        ),
        (
            ["userPrincipalName", "displayName", "surname", "mail", "givenName"],
            {"email": 3, "first_name": 4, "last_name": 2},
        ),
        # An export of our own.
        (
            ["email", "first_name", "last_name", "state", "roles"],
            {"email": 0, "first_name": 1, "last_name": 2},
        ),
        ([" EMAIL ", "email"], {"email": 0}),
        (["Telephone"], {}),
        ([], {}),
    ],
)  # fmt: skip
def test_head_lines_are_understood(head, mapping):
    assert guess_mapping(head, []) == mapping


def test_addresses_are_found_by_their_look():
    sample = [["Sofia", "sofia@kelpworks.example"], ["Omar"], ["Hana", "hana@quarry.example"]]

    assert guess_mapping(["Person", "Contact"], sample) == {"email": 1, "full_name": 0}
    assert guess_mapping(["1", "2"], sample) == {"email": 1}
    assert guess_mapping(["Name"], [["sofia@kelpworks.example"]]) == {"email": 0}
