"""Input about subscriptions and their keys."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from base.edit_form import EditForm
from catalog.models import Key, Product, Subscription, SubscriptionQuerySet
from catalog.transitions import Transition
from console.kit.fields import DateTimeField, NameField

OVERLAPS = [
    ("0", _("End the old key now")),
    ("1", _("Keep the old key for 1 day")),
    ("7", _("Keep the old key for 7 days")),
    ("30", _("Keep the old key for 30 days")),
]


class SubscriptionsFilter(forms.Form):
    """The list's address; what makes no sense narrows nothing."""

    q = forms.CharField(required=False, max_length=300)
    state = forms.ChoiceField(required=False, choices=Subscription.State)
    product = forms.ModelChoiceField(
        Product.objects.order_by("name_key"), to_field_name="public_id", required=False
    )

    def apply(self, found: SubscriptionQuerySet, *, state: bool = True) -> SubscriptionQuerySet:
        """Those that match; ``state=False`` leaves the state open, for the counts of the tabs."""
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("q"):
            found = found.matching(wanted["q"])
        if wanted.get("product"):
            found = found.filter(product=wanted["product"])
        if state and wanted.get("state"):
            found = found.in_state(wanted["state"])
        return found

    @property
    def is_narrowed(self) -> bool:
        return bool(self.cleaned_data.get("q") or self.cleaned_data.get("product"))


class BulkForm(forms.Form):
    """An operation on the subscriptions ticked, or on all that match the filter posted beside it."""

    action = forms.ChoiceField(choices=Transition)
    everyone = forms.BooleanField(required=False)
    confirmed = forms.BooleanField(required=False)
    comment = forms.CharField(
        label=_("Reason (the developers read it)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self["action"].value() == Transition.SUSPEND:
            self.fields["comment"].label = _("Reason (optional, the developers read it)")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        rejects = data.get("action") == Transition.REJECT
        if rejects and data.get("confirmed") and not data.get("comment"):
            self.add_error("comment", _("Say why; the developers read it."))
        return data

    def subscriptions(self, filters: SubscriptionsFilter) -> SubscriptionQuerySet:
        """Which the operation is meant for; ids that are nobody's are left out."""
        if self.cleaned_data.get("everyone"):
            return filters.apply(Subscription.objects.all())
        return Subscription.objects.filter(public_id__in=self._ticked())

    def _ticked(self) -> list[UUID]:
        ids = []
        for value in self.data.getlist("selected"):  # type: ignore[attr-defined]
            try:
                ids.append(UUID(value))
            except ValueError:
                continue
        return ids


class AddSubscriptionForm(forms.Form):
    """For a person, found by address."""

    person = forms.CharField(
        label=_("Email address of the developer"),
        max_length=254,
        error_messages={"required": _("Enter an email address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    product = forms.ModelChoiceField(
        Product.objects.order_by("name_key"),
        label=_("Product"),
        to_field_name="public_id",
        empty_label=_("Choose a product"),
        error_messages={"required": _("Choose a product.")},
    )
    name = forms.CharField(
        label=_("Name (optional)"),
        max_length=100,
        required=False,
        help_text=_("Left empty it is called as the product."),
    )
    ends_at = DateTimeField(label=_("Ends (optional)"), required=False)

    def clean_person(self) -> User:
        user: User | None = User.objects.by_address(self.cleaned_data["person"])
        if user is None:
            raise ValidationError(_("Nobody has this address. Invite or add them first."))
        return user


class CommentForm(forms.Form):
    """Why; the developer reads it."""

    comment = forms.CharField(
        label=_("Reason (optional, the developer reads it)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RejectForm(forms.Form):
    comment = forms.CharField(
        label=_("Reason (the developer reads it)"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why; the developer reads it.")},
    )


class EndForm(EditForm):
    ends_at = DateTimeField(
        label=_("Ends (optional)"), required=False, help_text=_("Left empty it never ends.")
    )


class ExpiryForm(EndForm):
    """The end of a key."""

    model_names: ClassVar[dict[str, str]] = {"ends_at": "expires_at"}


class RenameForm(EditForm):
    name = NameField(label=_("Name"), missing=_("Enter a name."))


class RegenerateForm(forms.Form):
    overlap = forms.TypedChoiceField(
        label=_("The old key"),
        choices=OVERLAPS,
        coerce=lambda days: timedelta(days=int(days)),
        initial="0",
        widget=forms.RadioSelect,
        help_text=_("One that was replaced before ends now."),
    )


class ImportForm(forms.Form):
    """An existing value. It is hashed on arrival and never written into the page again."""

    slot = forms.ChoiceField(label=_("Slot"), choices=Key.Slot)
    value = forms.CharField(
        label=_("Key"),
        max_length=256,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a key.")},
        help_text=_("After an error it has to be pasted again: the page never repeats it."),
    )
    overlap = forms.TypedChoiceField(
        label=_("A key in this slot"),
        choices=OVERLAPS,
        coerce=lambda days: timedelta(days=int(days)),
        initial="0",
    )
    expires_at = DateTimeField(
        label=_("Expires (optional)"),
        required=False,
        help_text=_("Its owner gets letters 30 and 7 days before. Left empty it never expires."),
    )
