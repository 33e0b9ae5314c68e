"""Input about subscriptions and their keys."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.edit_form import EditForm
from catalog.models import Product

OVERLAPS = [
    ("0", _("End the old key now")),
    ("1", _("Keep the old key for 1 day")),
    ("7", _("Keep the old key for 7 days")),
    ("30", _("Keep the old key for 30 days")),
]
LIFETIMES = [
    ("", _("Never")),
    ("90", _("In 90 days")),
    ("180", _("In 180 days")),
    ("365", _("In a year")),
]


class SubscribeForm(forms.Form):
    """``number`` is chosen when the form is shown, so that a form sent twice subscribes once."""

    number = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    name = forms.CharField(
        label=_("Name of the subscription"),
        max_length=100,
        error_messages={"required": _("Enter a name.")},
        help_text=_("Tells your subscriptions apart, for example the application that calls."),
    )
    terms_accepted = forms.BooleanField(label=_("I accept the terms"), required=False)

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = product.name
        if not product.terms:
            del self.fields["terms_accepted"]


class RenameForm(EditForm):
    name = forms.CharField(
        label=_("Name"), max_length=100, error_messages={"required": _("Enter a name.")}
    )


class RegenerateForm(forms.Form):
    """How long the old key works on, and when the new one expires."""

    overlap = forms.TypedChoiceField(
        label=_("The old key"),
        choices=OVERLAPS,
        coerce=lambda days: timedelta(days=int(days)),
        initial="0",
        widget=forms.RadioSelect,
        help_text=_("One that was replaced before ends now."),
    )
    expires_at = forms.TypedChoiceField(
        label=_("The new key expires"),
        choices=LIFETIMES,
        coerce=lambda days: timezone.now() + timedelta(days=int(days)),
        empty_value=None,
        required=False,
    )
