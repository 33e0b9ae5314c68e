"""A save changes only what its author changed; where somebody else changed the same, it asks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Leave the field as it is, where None is a value.
KEEP: Any = object()
# A longer text does not fit into a sentence.
_MAX_QUOTED = 120


class Digest(str):
    """Stands for a long text that was seen: enough to know whether another is the same."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(sha256(tidy_text(text).encode()).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """``present`` is what somebody made of a field meanwhile, ``wanted`` what was to be saved.

    ``who`` is empty for the service itself, ``at`` None where the journal does not know.
    """

    present: Any
    wanted: Any
    who: str = ""
    at: datetime | None = None
    # The same person, in another window.
    is_own: bool = False

    @property
    def is_long(self) -> bool:
        """Too long for a sentence: to be shown as a difference."""
        texts = [value for value in (self.present, self.wanted) if isinstance(value, str)]
        return any(len(text) > _MAX_QUOTED or "\n" in text.strip() for text in texts)

    def sentence(self, words: Callable[[Any], str] | None = None) -> str:
        """Both values, who and when; ``words`` writes a value as the reader's form shows it."""
        words = words or plain_words
        present = "" if self.is_long else words(self.present)
        wanted = "" if self.is_long else words(self.wanted)
        if self.is_long:
            then = _("Save again to replace it with yours.")
        elif wanted:
            then = _("You entered “%(wanted)s”. Save again to use your value.")
        else:
            then = _("You emptied it. Save again to empty it.")
        return f"{self._what_happened(present)} {then}" % {
            "who": self.who,
            "present": present,
            "wanted": wanted,
            "at": date_format(timezone.localtime(self.at), "DATETIME_FORMAT") if self.at else "",
        }

    def _what_happened(self, present: str) -> str:
        whose = "own" if self.is_own else "somebody" if self.who else "nobody"
        outcome = "text" if self.is_long else "value" if present else "empty"
        return str(_SENTENCES[whose if self.at else "nobody"][outcome])


_SENTENCES = {
    "somebody": {
        "value": gettext_lazy("%(who)s changed this to “%(present)s” on %(at)s."),
        "text": gettext_lazy("%(who)s changed this text on %(at)s."),
        "empty": gettext_lazy("%(who)s emptied this on %(at)s."),
    },
    "own": {
        "value": gettext_lazy("You changed this to “%(present)s” in another window on %(at)s."),
        "text": gettext_lazy("You changed this text in another window on %(at)s."),
        "empty": gettext_lazy("You emptied this in another window on %(at)s."),
    },
    # The service itself, or something that the journal does not tell.
    "nobody": {
        "value": gettext_lazy("This was changed to “%(present)s” meanwhile."),
        "text": gettext_lazy("This text was changed meanwhile."),
        "empty": gettext_lazy("This was emptied meanwhile."),
    },
}


class EditConflict(ValidationError):
    """The same fields were changed by somebody else since they were shown; nothing was saved."""

    def __init__(self, conflicts: Mapping[str, Conflict]) -> None:
        self.conflicts = dict(conflicts)
        super().__init__(
            {
                field: ValidationError(conflict.sentence(), code="edit_conflict")
                for field, conflict in conflicts.items()
            }
        )


def same(one: Any, other: Any) -> bool:
    """Whether a form shows both alike: moments to the minute, lists in any order."""
    if isinstance(one, Digest) or isinstance(other, Digest):
        return _digest(one) == _digest(other)
    if isinstance(one, str) and isinstance(other, str):
        return tidy_text(one) == tidy_text(other)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return _minute(one) == _minute(other)
    if isinstance(one, list | tuple | set | QuerySet):
        return isinstance(other, list | tuple | set | QuerySet) and set(one) == set(other)
    return bool(one == other)


def merged[T](
    present: Iterable[T], wanted: Iterable[T], *, seen: Iterable[T] | None = None
) -> list[T]:
    """``present`` with what was added to ``seen`` and without what was taken from it.

    Where nobody says what was seen, it is ``wanted``.
    """
    if seen is None:
        return list(wanted)
    before, after = list(seen), list(wanted)
    kept = [one for one in present if one in after or one not in before]
    return kept + [one for one in after if one not in before and one not in kept]


def plain_words(value: Any) -> str:
    """A value in a sentence; nothing for what is empty."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, list | tuple):
        return ", ".join(map(plain_words, value))
    return "" if value is None else str(value)


def _digest(value: Any) -> str:
    return value if isinstance(value, Digest) else Digest.of(str(value or ""))


def tidy_text(text: str) -> str:
    """As one writes it: browsers send two characters for an end of line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
