"""Input about gateways."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from base.edit_form import EditForm
from console.kit.fields import NameField

OVERLAPS = [
    ("0", _("End the old secret now")),
    ("1", _("Keep the old secret for an hour")),
    ("24", _("Keep the old secret for a day")),
    ("168", _("Keep the old secret for 7 days")),
]


class GatewayForm(EditForm):
    name = NameField(label=_("Name"), missing=_("Enter a name."))
    public_address = forms.CharField(
        label=_("Public address (optional)"),
        max_length=500,
        required=False,
        help_text=_("Where callers reach it, for example https://api.example.org."),
    )


class RotateForm(forms.Form):
    """``replaces`` names the secret the form was made for, so that sent twice it rotates once."""

    replaces = forms.CharField(max_length=24, widget=forms.HiddenInput)
    overlap = forms.TypedChoiceField(
        label=_("The old secret"),
        choices=OVERLAPS,
        coerce=lambda hours: timedelta(hours=int(hours)),
        initial="24",
        widget=forms.RadioSelect,
    )
