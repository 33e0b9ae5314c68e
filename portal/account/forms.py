"""Signing in, one's password and one's profile."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.account.internal.flows.password_change import change_password
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.models import User
from base.edit_form import EditForm
from base.time_zones import time_zone_choices
from portal.kit.fields import AddressField, NamesForm, NewPasswordField, PasswordField


class SignInForm(LoginForm):
    """allauth's, with the field under our name for it and one refusal for every reason."""

    email = AddressField()
    password = PasswordField(label=_("Password"), autocomplete="current-password")
    remember = forms.BooleanField(label=_("Keep me signed in"), required=False)
    field_order = ("email", "password", "remember")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["login"]
        self.order_fields(self.field_order)
        if not self.is_bound:
            self.fields["email"].widget.attrs["autofocus"] = True

    def user_credentials(self) -> dict[str, str]:
        return {"email": self.cleaned_data["email"], "password": self.cleaned_data["password"]}

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        adapter = get_adapter(self.request)
        self.user = adapter.authenticate(self.request, **self.user_credentials())
        if self.user is None:
            raise adapter.validation_error("email_password_mismatch")
        self._login = Login(user=self.user, email=self.user.email)
        return self.cleaned_data


class ReauthenticateForm(AllauthReauthenticateForm):
    password = PasswordField(label=_("Password"), autocomplete="current-password")


class RequestPasswordLinkForm(forms.Form):
    email = AddressField()

    def save(self, request: Any) -> None:
        """What allauth calls."""
        self.send_link()

    def send_link(self) -> None:
        """Send a link to an active person, and to a blocked one why none comes; the answer is the
        same for all, also for unknown addresses."""
        user = User.objects.by_address(self.cleaned_data["email"])
        if user is None:
            return
        try:
            actions.send_password_link(user=user, by=None)
        except actions.UserIsBlocked:
            actions.notify_of_refused_link(user=user)


class ChoosePasswordForm(forms.Form):
    """After a link from a letter. The action judges the password."""

    password = NewPasswordField()


class ChangePasswordForm(forms.Form):
    """One's own, from the profile or forced at first sign-in."""

    current_password = PasswordField(label=_("Current password"), autocomplete="current-password")
    password = NewPasswordField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_current_password(self) -> str:
        given: str = self.cleaned_data["current_password"]
        # Through the adapter, so that guesses at a desk left open are counted.
        if not get_adapter().reauthenticate(self.user, given):
            raise ValidationError(
                _("The current password is not right."), code="incorrect_password"
            )
        return given

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password == self.cleaned_data.get("current_password"):
            raise ValidationError(_("Choose a password other than the current one."))
        return get_adapter().clean_password(password, user=self.user)

    def save(self) -> None:
        change_password(self.user, self.cleaned_data["password"])


class ProfileForm(EditForm, NamesForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Times on every page are shown in this zone.")
    )

    # None: not said, so it stays.
    language = forms.TypedChoiceField(
        label=_("Letters in"), choices=settings.LANGUAGES, required=False, empty_value=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zone_choices(self.initial["time_zone"])  # type: ignore[attr-defined]
