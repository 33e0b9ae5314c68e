"""What stands under the present server key and under each earlier one, for people who rotate them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from base.secret_keys import digest_keys, key_id, signing_keys, variables_of
from gateway.registry.stored_digests import StoredDigests, digests_by_key
from invitations.open_links import OpenLinks, links_by_key


@dataclass(frozen=True)
class ServerKey:
    """A key and what stands under it. ``variables`` is empty for one that is not configured."""

    ids: tuple[str, ...]
    variables: list[str]
    is_present: bool
    stored: Any
    # Rows that may stand under it or under another one: their next use tells.
    is_doubted: bool = False

    @property
    def is_configured(self) -> bool:
        return bool(self.variables)

    @property
    def is_certain(self) -> bool:
        return len(self.ids) == 1

    @property
    def name(self) -> str:
        return _(" or ").join(self.ids)


def stored_secrets() -> list[ServerKey]:
    """Gateway secrets and subscription keys, by the key their digest stands under."""
    return _rows(digest_keys(), digests_by_key(), StoredDigests)


def open_links() -> list[ServerKey]:
    """Invitations, invite links and password links, by the key they were signed with."""
    return _rows(signing_keys(), links_by_key(), OpenLinks)


def _rows(keys: Sequence[str], found: dict[str, Any], nothing: type) -> list[ServerKey]:
    doubted = {one for name in found if "," in name for one in name.split(",")}
    configured = {key_id(key): key for key in keys}
    rows = [
        ServerKey(
            ids=(name,),
            variables=variables_of(key),
            is_present=number == 0,
            stored=found.get(name) or nothing(),
            is_doubted=name in doubted,
        )
        for number, (name, key) in enumerate(configured.items())
    ]
    others = sorted(name for name in found if name not in configured)
    return rows + [
        ServerKey(
            ids=tuple(name.split(",")),
            variables=sorted(
                {
                    variable
                    for one in name.split(",")
                    if "," in name and one in configured
                    for variable in variables_of(configured[one])
                }
            ),
            is_present=False,
            stored=found[name],
        )
        for name in others
    ]
