"""The letters of the house.

The mail room knows no users and no invitations. Each room registers, for each letter it queues, a
function that looks the reference up at delivery and returns what the templates need, or None when
the letter is no longer wanted (an invitation withdrawn meanwhile).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mail.models import Message

Builder = Callable[[Message], dict[str, Any] | None]


class UnknownLetter(LookupError):
    """No room of this release knows the kind."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """``kind`` names the trio of templates ``mail/<kind>.subject.txt``, ``.txt`` and ``.html``."""

    kind: str
    # Shown in the console, for example "Invitation".
    title: Any
    build: Builder
    # Context for previews and for the test that renders every letter.
    sample: dict[str, Any] = field(default_factory=dict)


_letters: dict[str, Letter] = {}


def register(letter: Letter) -> None:
    """Make a letter known; called from the room's AppConfig.ready."""
    _letters[letter.kind] = letter


def letter_of(kind: str) -> Letter:
    """The registered letter. Raises UnknownLetter for a kind no room knows (any more)."""
    try:
        return _letters[kind]
    except KeyError:
        raise UnknownLetter(f"No letter is called {kind}.") from None


def all_letters() -> list[Letter]:
    """Every registered letter, by kind."""
    return [_letters[kind] for kind in sorted(_letters)]
