"""Input about the service itself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from base.addresses import canonical_address
from console.forms.fields import NameField


class SettingsForm(forms.Form):
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

    def clean_support_address(self) -> str:
        address = self.cleaned_data["support_address"]
        return canonical_address(address) if address else ""
