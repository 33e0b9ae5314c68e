"""Input about roles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from base.edit_form import EditForm
from console.kit.fields import NameField


class RoleForm(EditForm):
    """Name and description; whether the name is free is the action's to say."""

    name = NameField(label=_("Name"), missing=_("Enter a name."))
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
