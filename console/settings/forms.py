"""Input about the service itself."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.addresses import canonical_address
from base.edit_form import EditForm
from console.kit.fields import NameField
from service.models import check_reminder_days


class DaysField(forms.CharField):
    """Numbers of days with commas between; what they may be is the form's to say."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value


class SettingsForm(EditForm):
    """What administrators change while the service runs."""

    name = NameField(
        label=_("Service name"),
        missing=_("Enter a name."),
        max_length=60,
        help_text=_("Shown in the console, in the developer portal and in every letter."),
    )
    support_address = forms.CharField(
        label=_("Support address (optional)"),
        required=False,
        help_text=_("Where people who need help are told to write."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    invitation_days = forms.IntegerField(
        label=_("Invitations are valid for (days)"),
        min_value=1,
        max_value=90,
        help_text=_("1 to 90. Each invitation can be given another time when it is sent."),
        error_messages={
            "required": _("Enter a number of days from 1 to 90."),
            "invalid": _("Enter a number of days from 1 to 90."),
            "min_value": _("Enter a number of days from 1 to 90."),
            "max_value": _("Enter a number of days from 1 to 90."),
        },
    )

    invitations_per_day = forms.IntegerField(
        label=_("Invitations in 24 hours, at most"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_(
            "By all administrators together. At the limit, the console says when the next one can be sent. Leave empty to keep the present limit."
        ),
        error_messages={
            "invalid": _("Enter a number from 1 to 1,000,000."),
            "min_value": _("Enter a number from 1 to 1,000,000."),
            "max_value": _("Enter a number from 1 to 1,000,000."),
        },
    )
    reminder_days = DaysField(
        label=_("Reminders after (days, optional)"),
        required=False,
        max_length=40,
        help_text=_(
            "Up to three, for example 2, 5. An invitation that nobody answered is sent again with the same link. Empty: no reminders."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    tell_unused = forms.BooleanField(
        label=_("Tell senders of invitations that ended unused"),
        required=False,
        help_text=_("One letter a day at most."),
    )
    explain_refusals = forms.BooleanField(
        label=_("Explain refused calls to the caller"),
        required=False,
        help_text=_(
            "Without the tick callers read two neutral sentences, so that nobody learns from outside who is blocked. Every refusal has a reference that you can look up under Access."
        ),
    )

    def clean_support_address(self) -> str:
        address = self.cleaned_data["support_address"]
        return canonical_address(address) if address else ""

    def clean_reminder_days(self) -> list[int]:
        words = self.cleaned_data["reminder_days"].replace(",", " ").split()
        days = [int(word) if word.isdecimal() else 0 for word in words]
        check_reminder_days(days)
        return days
