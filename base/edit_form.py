"""A form about something that exists: it brings back what its reader saw."""

import json
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.html import format_html

from base.changes import Conflict, Digest, EditConflict, merged, plain_words, same, tidy_text

SEEN = "seen"
# Of a longer text the page carries the digest: documents have a megabyte.
_MAX_CARRIED = 500


@dataclass(frozen=True)
class TextConflict:
    """A text that two people changed, too long for a sentence."""

    label: str
    theirs: str
    yours: str


class EditForm(forms.Form):
    """Pages write ``seen_input`` into the form element; views pass ``edits`` to the action.

    What its author left alone is not passed on, so it stays as a colleague may have made it. A
    client that posts the fields alone means all of them.
    """

    # Where a field is not called as the model's.
    model_names: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text_conflicts: list[TextConflict] = []
        # Set when the page is to show something else than what was posted.
        self._shows: dict[str, Any] | None = None

    @property
    def seen_input(self) -> str:
        """A hidden input with what the page shows; nothing where something new is made."""
        if not self.initial:
            return ""
        shows = self._shows or self._posted or self._presents()
        return format_html('<input type="hidden" name="{}" value="{}">', SEEN, json.dumps(shows))

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What the author saw, cleaned as what they posted; empty where the client does not say."""
        shown = {name: raw for name, raw in self._posted.items() if name in self.fields}
        seen: dict[str, Any] = {}
        data = QueryDict(mutable=True)
        for name, raw in shown.items():
            if isinstance(self.fields[name], forms.ModelMultipleChoiceField):
                seen[name] = self._offered(name, raw)
            elif isinstance(raw, dict):
                seen[name] = Digest(raw.get("digest"))
            else:
                _put(data, name, raw)
        cleaned = self._cleaned(data)
        for name in shown.keys() - seen.keys():
            if name in cleaned:
                seen[name] = cleaned[name]
            elif shown[name] != self._presents().get(name):
                # Not valid any more, and not what stands there now: equal to nothing.
                seen[name] = Digest()
        return seen

    @property
    def edits(self) -> dict[str, Any]:
        """What its author changed, and ``seen``, for an action that leaves the rest alone."""
        touched = {
            self.model_names.get(name, name): self.cleaned_data[name] for name in self._touched()
        }
        seen = {self.model_names.get(name, name): value for name, value in self.seen.items()}
        return touched | {"seen": seen or None}

    def add_error(self, field: str | None, error: Any) -> None:
        """After a conflict the page shows what stands there now, so that saving again replaces it."""
        if not isinstance(error, EditConflict):
            super().add_error(field, error)
            return
        own_names = {theirs: own for own, theirs in self.model_names.items()}
        conflicts = {own_names.get(name, name): c for name, c in error.conflicts.items()}
        self._take_up(conflicts)
        for name, conflict in conflicts.items():
            super().add_error(name, conflict.sentence(partial(self._words, name)))
            if conflict.is_long:
                label = str(self.fields[name].label)
                both = map(tidy_text, map(plain_words, (conflict.present, conflict.wanted)))
                self.text_conflicts.append(TextConflict(label, *both))

    def show_saved(self, values: Mapping[str, Any]) -> None:
        """For a page that stays after it has saved: this is what stands there now."""
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
        for name, value in values.items():
            field = self.fields[name]
            _put(data, name, field.prepare_value(value), widget=field.widget)
        self.data, self._shows = data, {name: self._raw(name, values[name]) for name in values}

    @cached_property
    def _posted(self) -> dict[str, Any]:
        """What the page carried; what makes no sense was not said."""
        try:
            found = json.loads(self.data.get(SEEN, "")) if self.is_bound else {}
            # Escapes can name half a character, which nothing further on could write.
            json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, TypeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _presents(self) -> dict[str, Any]:
        return {name: self._raw(name, self._initial(name)) for name in self._names()}

    def _names(self) -> list[str]:
        """Those that have a value to begin with."""
        return [
            name for name, field in self.fields.items() if not isinstance(field, forms.FileField)
        ]

    def _initial(self, name: str) -> Any:
        return self.get_initial_for_field(self.fields[name], name)

    def _raw(self, name: str, value: Any) -> Any:
        """A value as the input has it, in JSON."""
        field = self.fields[name]
        value = field.prepare_value(value)
        if isinstance(field, forms.ModelMultipleChoiceField):
            return [str(one) for one in value or ()]
        if isinstance(value, datetime):
            return field.widget.format_value(value)
        if value is None or isinstance(value, bool | int):
            return value
        text = str(value)
        return text if len(text) <= _MAX_CARRIED else {"digest": Digest.of(text)}

    def _offered(self, name: str, raw: Any) -> list[Any]:
        """The rows that were ticked; one that is gone or not offered cannot be meant."""
        field: Any = self.fields[name]
        try:
            return list(field.queryset.filter(**{f"{field.to_field_name}__in": list(raw)}))
        except (ValueError, TypeError, ValidationError):
            return []

    def _cleaned(self, data: QueryDict) -> dict[str, Any]:
        """What this form makes of other data."""
        other = copy(self)
        other.data, other.files = data, {}  # type: ignore[assignment]
        other._bound_fields_cache = {}  # type: ignore[attr-defined]
        other.full_clean()
        return other.cleaned_data

    def _touched(self) -> list[str]:
        """The fields that its author changed; all that are valid where nobody says what was seen."""
        valid = self.cleaned_data
        return [
            name for name in valid if not (name in self.seen and same(self.seen[name], valid[name]))
        ]

    def _take_up(self, conflicts: Mapping[str, Conflict]) -> None:
        """Show what stands there now wherever it is not the author who changed it."""
        touched = self._touched()
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
        shows = {}
        for name in self._names():
            initial, field = self._initial(name), self.fields[name]
            shows[name] = self._raw(name, initial)
            if name in conflicts:
                shows[name] = self._raw(name, conflicts[name].present)
            elif isinstance(field, forms.ModelMultipleChoiceField):
                present = self._offered(name, shows[name])
                rows = merged(present, self.cleaned_data[name], seen=self.seen.get(name))
                data.setlist(name, [str(field.prepare_value(row)) for row in rows])
            elif name in touched:
                shows[name] = self._posted.get(name, shows[name])
            else:
                _put(data, name, field.prepare_value(initial), widget=field.widget)
        self.data, self._shows = data, shows

    def _words(self, name: str, value: Any) -> str:
        """As its choices call it."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            choices: Any = field.choices
            named = {str(choice): label for choice, label in _flat(choices)}
            return str(named.get(str(value), value)) if value is not None else ""
        return plain_words(value)


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """Choices without their groups."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def _put(data: QueryDict, name: str, value: Any, *, widget: forms.Widget | None = None) -> None:
    """As a browser would post it: nothing for a box without its tick."""
    data.pop(name, None)
    if value is True:
        data[name] = "on"
    elif isinstance(value, datetime) and widget is not None:
        data[name] = widget.format_value(value)
    elif value is not None and value is not False:
        data[name] = str(value)
