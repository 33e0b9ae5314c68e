"""Fields that several forms of the console share."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from base.addresses import canonical_address
from base.names import clean_name, clean_title


class NameField(forms.CharField):
    """The name of a thing, tidied as ``base.names`` does."""

    def __init__(self, *, label: Any, missing: Any, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(
            label=label,
            max_length=max_length,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": missing},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return clean_title(super().clean(value))


class PersonNameField(NameField):
    """A first or last name, cleaned as the action will clean it."""

    def clean(self, value: Any) -> str:
        return clean_name(super().clean(value))


class LanguageField(forms.ChoiceField):
    """The language of a person's letters; a form posted without it means ``default``."""

    def __init__(self, *, default: str | None, **kwargs: Any) -> None:
        self.default = default
        super().__init__(
            label=_("Letters in"),
            choices=settings.LANGUAGES,
            required=False,
            initial=default,
            **kwargs,
        )

    def clean(self, value: Any) -> str | None:
        return super().clean(value) or self.default


class AddressField(forms.CharField):
    """An address in its canonical form; whether it is free is the action's to say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Email address"),
            error_messages={"required": _("Enter an email address.")},
            widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return canonical_address(super().clean(value))


class DateTimeField(forms.DateTimeField):
    """A moment in the reader's zone, with the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M"], **kwargs)
