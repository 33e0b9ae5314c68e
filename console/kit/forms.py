"""Forms that several nouns have: a confirmation, a search."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class TypedNameForm(forms.Form):
    """The name typed again, before what cannot be undone."""

    typed = forms.CharField(
        label="", max_length=300, error_messages={"required": _("Type the name.")}
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].label = _("Type %(name)s to confirm") % {"name": name}
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.name:
            raise ValidationError(_("This is not the name."), code="typed")
        return typed


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button is the answer."""


class SearchForm(forms.Form):
    """A part of a name or address; what makes no sense searches for nothing."""

    q = forms.CharField(required=False, max_length=200)

    @property
    def fragment(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("q", "")
