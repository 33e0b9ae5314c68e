"""Input about people."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User, UserQuerySet
from accounts.passwords import LengthValidator
from base.edit_form import EditForm
from base.time_zones import time_zone_choices
from console.developers.filters import DevelopersFilter
from console.kit.fields import AddressField, LanguageField, PersonNameField
from console.packages.fields import PackageField
from invitations.models import Invitation


def _roles(**kwargs: Any) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        queryset=Role.objects.assignable().in_order(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label=_("Roles"),
        **kwargs,
    )


def _password(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy(LengthValidator().get_help_text, str)(),
        error_messages={"required": _("Enter a password.")},
        **kwargs,
    )


class BulkForm(forms.Form):
    """An operation on the people ticked, or on all that match the filter posted beside it."""

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("activate", "block", "add-role", "remove-role")]
    )
    everyone = forms.BooleanField(required=False)
    confirmed = forms.BooleanField(required=False)
    given_role = forms.ModelChoiceField(
        label=_("Role"),
        queryset=Role.objects.assignable().in_order(),
        to_field_name="public_id",
        empty_label=None,
        required=False,
        error_messages={"invalid_choice": _("Choose a role from the list.")},
    )
    reason = forms.CharField(
        label=_("Reason (optional, only administrators see it)"), required=False, max_length=500
    )
    tell = forms.BooleanField(label=_("Tell them by email"), required=False)

    def people(self, filters: DevelopersFilter) -> UserQuerySet:
        """Whom the operation is meant for; addresses that are nobody's are left out."""
        if self.cleaned_data["everyone"]:
            return filters.apply(User.objects.all())
        return User.objects.filter(public_id__in=self.selected())

    def selected(self) -> list[UUID]:
        ids = []
        for value in self.data.getlist("selected"):  # type: ignore[attr-defined]
            try:
                ids.append(UUID(value))
            except ValueError:
                continue
        return ids


class AddUserForm(forms.Form):
    """A password given here is set, whatever ``way`` says; without one a link is sent.

    On a refused form ``taken_by`` is who has the address, ``invitation`` the open one to it.
    """

    LINK, PASSWORD = "link", "password"

    email = AddressField(help_text=_("This becomes the sign-in name."))
    first_name = PersonNameField(label=_("First name"), missing=_("Enter a first name."))
    last_name = PersonNameField(label=_("Last name"), missing=_("Enter a last name."))
    way = forms.ChoiceField(
        choices=[
            (LINK, _("Send a link to choose a password")),
            (PASSWORD, _("Set a password now")),
        ],
        widget=forms.RadioSelect,
        label=_("How they get in"),
        initial=LINK,
        required=False,
    )
    password = _password(required=False)
    must_change_password = forms.BooleanField(
        label=_("They must choose their own at first sign-in"), required=False, initial=True
    )
    welcome = forms.BooleanField(
        label=_("Tell them by email"),
        help_text=_("The letter says that the account exists. It never contains the password."),
        required=False,
        initial=True,
    )
    language = LanguageField(default=settings.LANGUAGE_CODE)
    roles = _roles()
    package = PackageField(
        help_text=_("Active at once. They make the keys themselves: only they see them.")
    )

    taken_by: User | None = None
    invitation: Invitation | None = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.pop("way", "") == self.PASSWORD and not data.get("password"):
            self.add_error("password", _("Enter a password, or send a link instead."))
        data["password"] = data.get("password") or None
        # Added beside it, the invitation would stay open until it fails in the hands of its bearer.
        self.invitation = Invitation.objects.pending().filter(email=data.get("email", "")).first()
        if self.invitation:
            self.add_error(
                "email", _("This address has an open invitation. Revoke or resend that first.")
            )
        return data


class EditUserForm(EditForm):
    """On a refused form ``taken_by`` is who has the address."""

    taken_by: User | None = None

    email = AddressField(
        help_text=_(
            "The sign-in name. If you change it, both addresses get an email, and an open password link is replaced by a new one."
        )
    )
    first_name = PersonNameField(label=_("First name"), missing=_("Enter a first name."))
    last_name = PersonNameField(label=_("Last name"), missing=_("Enter a last name."))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    # None: not said, so it stays.
    language = LanguageField(default=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zone_choices(self.initial["time_zone"])  # type: ignore[attr-defined]


class NoteForm(EditForm):
    note = forms.CharField(
        label=_("Note (only administrators see it)"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class RolesForm(EditForm):
    roles = _roles()


class BlockForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason (optional, only administrators see it)"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    tell = forms.BooleanField(
        label=_("Tell them by email"),
        help_text=_("The letter says whom to ask. It does not contain the reason."),
        required=False,
    )


class ActivateForm(forms.Form):
    tell = forms.BooleanField(label=_("Tell them by email"), required=False)


class SetPasswordForm(forms.Form):
    password = _password()
    must_change_password = forms.BooleanField(
        label=_("They must choose their own at next sign-in"), required=False, initial=True
    )


class DeleteForm(forms.Form):
    """Typing the address is the brake: deleting cannot be undone."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    email = forms.CharField(
        label=_("Type the email address to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={"required": _("Type the email address to confirm.")},
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if email != self.user.email:
            raise forms.ValidationError(_("This is not the address of this developer."))
        return email
