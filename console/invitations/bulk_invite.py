"""A pasted list as chips: each address with a word that says at once what it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actions import AddressTaken, Person
from accounts.models import User
from base.address_lists import Entry, read_address_list
from base.names import split_name
from invitations.actions import AlreadyInvited
from invitations.known import who_has
from invitations.models import Invitation

# More than a person looks through. A file is checked in a page of its own.
MOST = 500
# Repeated ones are folded, but not without end.
MOST_READ = 4 * MOST


@dataclass(frozen=True)
class Chip:
    """One address. ``mood`` colours it, ``words`` say what it is; ``url`` leads to what is in the way,
    ``verb`` and ``whom`` say what it does there.
    """

    entry: Entry
    mood: str
    words: str
    url: str = ""
    verb: str = ""
    whom: str = ""
    is_dialog: bool = False

    @property
    def is_new(self) -> bool:
        return self.mood == "good"

    @property
    def label(self) -> str:
        return self.entry.email or self.entry.text

    @property
    def person(self) -> Person:
        first_name, last_name = split_name(self.entry.name)
        return Person(email=self.entry.email, first_name=first_name, last_name=last_name)


@dataclass(frozen=True)
class Several:
    """A list with each person once; ``folded`` is how many repetitions were left out."""

    chips: Sequence[Chip] = field(default_factory=list)
    folded: int = 0
    is_too_long: bool = False

    @property
    def new(self) -> list[Chip]:
        return [chip for chip in self.chips if chip.is_new]

    @property
    def text(self) -> str:
        """The list again, an entry a line."""
        return "\n".join(chip.entry.text for chip in self.chips)

    @property
    def summary(self) -> str:
        """How many are new, and how many are not; read out when it changes."""
        if not self.chips:
            return ""
        new, rest = len(self.new), len(self.chips) - len(self.new)
        parts = [ngettext("%(count)d new", "%(count)d new", new) % {"count": new}]
        if rest:
            words = ngettext("%(count)d cannot be invited", "%(count)d cannot be invited", rest)
            parts.append(words % {"count": rest})
        if self.folded:
            words = ngettext(
                "%(count)d repetition left out", "%(count)d repetitions left out", self.folded
            )
            parts.append(words % {"count": self.folded})
        return ", ".join(parts)

    def without(self, index: int) -> "Several":
        chips = [chip for at, chip in enumerate(self.chips) if at != index]
        return Several(chips, self.folded, self.is_too_long)

    def left_over(self, outcomes: Iterable[Invitation | ValidationError]) -> "Several":
        """What stays when the new ones were invited, with the reason of each."""
        tried = {id(chip): outcome for chip, outcome in zip(self.new, outcomes, strict=True)}
        rest = [(chip, tried.get(id(chip))) for chip in self.chips]
        return Several(
            [
                _refused(chip.entry, outcome) if outcome else chip
                for chip, outcome in rest
                if not isinstance(outcome, Invitation)
            ]
        )


def several_of(text: str) -> Several:
    """What each address of a pasted text is, in two statements; changes nothing."""
    entries: dict[str, Entry] = {}
    read = list(islice(read_address_list(text), MOST_READ + 1))
    for entry in read:
        entries.setdefault(entry.email or entry.text, entry)
    holders = who_has(entry.email for entry in entries.values() if entry.email)
    chips = [_chip(entry, holders.get(entry.email)) for entry in entries.values()]
    return Several(
        chips=chips[:MOST],
        folded=len(read) - len(entries),
        is_too_long=len(entries) > MOST or len(read) > MOST_READ,
    )


def _chip(entry: Entry, holder: User | Invitation | None) -> Chip:
    if entry.problem:
        return Chip(entry, "bad", _("malformed: %(why)s") % {"why": entry.problem})
    if holder is None:
        return Chip(entry, "good", _("new"))
    if isinstance(holder, User):
        words = _("blocked") if holder.is_blocked else _("already a developer")
        url = reverse("console:developer-detail", args=[holder.public_id])
        mood = "bad" if holder.is_blocked else "mute"
        return Chip(entry, mood, words, url, _("Open"), holder.full_name)
    day = {"day": date_format(timezone.localtime(holder.sent_at), "DATE_FORMAT")}
    words = (
        _("already invited on %(day)s")
        if holder.is_pending
        else _("invited on %(day)s, link expired")
    )
    url = reverse("console:invitation-resend", args=[holder.public_id])
    return Chip(entry, "wait", words % day, url, _("Resend"), holder.email, is_dialog=True)


def _refused(entry: Entry, refusal: ValidationError) -> Chip:
    if isinstance(refusal, AddressTaken):
        return _chip(entry, refusal.user)
    if isinstance(refusal, AlreadyInvited):
        return _chip(entry, refusal.invitation)
    return Chip(entry, "bad", " ".join(refusal.messages))
