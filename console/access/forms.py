"""Input of the question why somebody cannot call an API."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import Api


class AccessForm(forms.Form):
    """A person and an API, and the beginning of a key if there are several."""

    person = forms.CharField(
        label=_("Email address of the developer"),
        max_length=254,
        error_messages={"required": _("Enter an email address.")},
    )
    api = forms.ModelChoiceField(
        Api.objects.order_by("name_key").defer("openapi"),
        label=_("API"),
        to_field_name="slug",
        empty_label=_("Choose an API"),
        error_messages={"required": _("Choose an API.")},
    )
    key = forms.CharField(
        label=_("Beginning of the key (optional)"), max_length=300, required=False
    )

    def clean_person(self) -> User:
        user: User | None = User.objects.by_address(self.cleaned_data["person"])
        if user is None:
            raise ValidationError(_("Nobody has this address."))
        return user


class ReferenceForm(forms.Form):
    reference = forms.CharField(
        label=_("Reference of a refusal"),
        max_length=40,
        error_messages={"required": _("Enter a reference.")},
        help_text=_("In the header X-Refusal-Reference of the refused call."),
    )
