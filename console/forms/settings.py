"""Input about the service itself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from base.addresses import canonical_address
from base.names import clean_name


class SettingsForm(forms.Form):
    """What administrators change while the service runs."""

    name = forms.CharField(
        label=_("Service name"),
        max_length=60,
        validators=[clean_name],
        help_text=_("Shown in the console, in the developer portal and in every letter."),
        error_messages={"required": _("Enter a name.")},
    )
    support_address = forms.CharField(
        label=_("Support address (optional)"),
        required=False,
        validators=[canonical_address],
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
