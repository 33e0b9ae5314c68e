"""Input about roles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from base.names import clean_name


class RoleForm(forms.Form):
    """Name and description; whether the name is free is the action's to say."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[clean_name],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a name.")},
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=1000,
        required=False,
        help_text=_("Tells other administrators who belongs here."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DeleteRoleForm(forms.Form):
    confirmed = forms.BooleanField(required=False)


class MembersForm(forms.Form):
    """The people ticked in a list."""

    selected = forms.ModelMultipleChoiceField(
        queryset=User.objects.all(),
        to_field_name="public_id",
        error_messages={"required": _("Select at least one person.")},
    )
