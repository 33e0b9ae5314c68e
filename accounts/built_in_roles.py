"""The three roles every service has."""

from typing import Any

BUILT_IN = {
    "administrators": (
        "Administrators",
        "Work in the management console: people, invitations, roles and settings.",
    ),
    "developers": ("Developers", "Everybody with an account: the developer portal and the APIs."),
    "guests": ("Guests", "Visitors who are not signed in. Nobody is given this role."),
}


def ensure(role_model: Any) -> None:
    """Create what is missing; takes the model so that a migration can pass its own."""
    for key, (name, description) in BUILT_IN.items():
        role_model.objects.get_or_create(
            built_in=key,
            defaults={"name": name, "name_key": name.casefold(), "description": description},
        )
