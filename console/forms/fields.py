"""Fields that several forms of the console share."""

from typing import Any

from django import forms

from base.names import clean_name


class NameField(forms.CharField):
    """A name of a person or a thing, tidied as ``base.names`` does."""

    def __init__(self, *, label: Any, missing: Any, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(
            label=label,
            max_length=max_length,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": missing},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return clean_name(super().clean(value))
