"""The letters of the house.

The mail room knows no users and no invitations. Each room registers, for each letter it queues, a
function that looks the reference up at delivery and returns what the templates need, or None when
the letter is no longer wanted (an invitation withdrawn meanwhile).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    # The models name their letters.
    from mail.models import Message

Builder = Callable[["Message"], dict[str, Any] | None]

# The name of a link that is a secret: a letter that has one is there to carry it.
LINK = "link"

# What every letter may say, beside its own variables.
COMMON: dict[str, Any] = {
    "service_name": _("The name of the service"),
    "support_address": _("Where people who need help write, or nothing"),
    "host": _("The host name of the service"),
    "at": _("The day and time at which the letter was written"),
}


class UnknownLetter(LookupError):
    """No room of this release knows the kind."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """``kind`` names the trio of templates ``mail/<kind>.subject.txt``, ``.txt`` and ``.html``."""

    kind: str
    # Shown in the console, for example "Invitation".
    title: Any
    build: Builder
    # Context for previews and for the test that renders every letter. A length of time stands
    # for the moment that far from now.
    sample: dict[str, Any] = field(default_factory=dict)
    # Names of the context that an edited text may use, each with a sentence for whoever edits it.
    # An address is called ``link`` or ``..._url``. A letter without any is not edited.
    variables: Mapping[str, Any] = field(default_factory=dict)
    # Some readers have no secret link, so a text must ask before it shows one.
    link_is_optional: bool = False
    # It tells somebody else of what it is about: an administrator of a developer's request.
    is_for_others: bool = False
    # What the letter could say to the person with this address, without its secret link; for
    # previews. None: there is nothing that this letter could tell them.
    facts_of: Callable[[str], dict[str, Any] | None] = lambda _address: None

    @property
    def offered(self) -> dict[str, Any]:
        """Every name that an edited text of this letter may use."""
        return dict(self.variables) | COMMON

    @property
    def must_have_link(self) -> bool:
        return LINK in self.variables

    def sample_facts(self) -> dict[str, Any]:
        """The sample, with its moments counted from now."""
        now = timezone.now()
        return {
            name: now + value if isinstance(value, timedelta) else value
            for name, value in self.sample.items()
        }


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


def title_of(kind: str) -> str:
    """What people call a letter; its kind where no room of this release knows it."""
    letter = _letters.get(kind)
    return str(letter.title) if letter else kind


def all_letters() -> list[Letter]:
    """Every registered letter, by kind."""
    return [_letters[kind] for kind in sorted(_letters)]


def is_person_name(name: str) -> bool:
    """Whether a variable holds the name of a person, who may have chosen it themselves."""
    things = {"service_name", "product_name", "subscription_name"}
    return (name.endswith("_name") and name not in things) or name == "sent_by"


def is_address(name: str) -> bool:
    """Whether a variable holds an address to follow."""
    return name == LINK or name.endswith("_url")
