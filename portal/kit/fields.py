"""Fields that several of the portal's forms have. The rules behind them are the actions'."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.passwords import MAX_LENGTH
from base.addresses import canonical_address

TOO_LONG = _("A password has at most %(maximum)d characters.")


class AddressField(forms.CharField):
    """Gives the canonical address. No ``maxlength``: a pasted value is never cut short."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(
            label=_("Email address"),
            widget=forms.EmailInput(attrs=attributes),
            error_messages={"required": _("Enter an email address.")},
            **kwargs,
        )

    def clean(self, value: str) -> str:
        return canonical_address(super().clean(value))


class PasswordField(forms.CharField):
    """Taken exactly as typed; longer than 128 characters is refused before anything is hashed."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        attributes = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(
            strip=False,
            widget=forms.PasswordInput(attrs=attributes),
            error_messages={"required": _("Enter a password.")},
            **kwargs,
        )

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > MAX_LENGTH:
            raise ValidationError(TOO_LONG % {"maximum": MAX_LENGTH}, code="password_too_long")


class NewPasswordField(PasswordField):
    """With the rules stated before anybody types."""

    def __init__(self, *, label: Any = None) -> None:
        label = label or _("New password")
        super().__init__(label=label, autocomplete="new-password", help_text=_password_rules())

    @property
    def minimum(self) -> int:
        """For the count beside the field."""
        return settings.PASSWORD_MIN_LENGTH


_password_rules = lazy(lambda: " ".join(map(str, password_validators_help_texts())), str)


class NamesForm(forms.Form):
    """Lengths are the model's; what a name may contain is the action's."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": _("Enter a first name.")},
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": _("Enter a last name.")},
    )
