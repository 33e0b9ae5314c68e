"""Forms of the portal: what input looks like. The rules behind them are the actions'."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.account.internal.flows.password_change import change_password
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.models import User
from accounts.passwords import MAX_LENGTH
from base.addresses import canonical_address
from base.edit_form import EditForm
from base.time_zones import time_zone_choices
from catalog.models import Product

TOO_LONG = _("A password has at most %(maximum)d characters.")


class AddressField(forms.CharField):
    """Gives the canonical address. No ``maxlength``: a pasted value is never cut short."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(
            label=_("Email address"),
            widget=forms.EmailInput(attrs=attributes),
            error_messages={"required": _("Enter an email address.")},
            **kwargs,
        )

    def clean(self, value: str) -> str:
        return canonical_address(super().clean(value))


class PasswordField(forms.CharField):
    """Taken exactly as typed; longer than 128 characters is refused before anything is hashed."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        attributes = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(
            strip=False,
            widget=forms.PasswordInput(attrs=attributes),
            error_messages={"required": _("Enter a password.")},
            **kwargs,
        )

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > MAX_LENGTH:
            raise ValidationError(TOO_LONG % {"maximum": MAX_LENGTH}, code="password_too_long")


class NewPasswordField(PasswordField):
    """With the rules stated before anybody types."""

    def __init__(self, *, label: Any = None) -> None:
        label = label or _("New password")
        super().__init__(label=label, autocomplete="new-password", help_text=_password_rules())

    @property
    def minimum(self) -> int:
        """For the count beside the field."""
        return settings.PASSWORD_MIN_LENGTH


_password_rules = lazy(lambda: " ".join(map(str, password_validators_help_texts())), str)


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


class NamesForm(forms.Form):
    """Lengths are the model's; what a name may contain is the action's."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": _("Enter a first name.")},
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": _("Enter a last name.")},
    )


class AcceptForm(NamesForm):
    """What an invited person decides. The address, the roles and the package are the invitation's.

    ``products`` come with it; the terms of each that has some are accepted one by one.
    """

    password = NewPasswordField(label=_("Choose a password"))

    def __init__(
        self, *args: Any, email: str, products: Iterable[Product] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.with_terms = {
            f"terms_{product.public_id.hex}": product for product in products if product.terms
        }
        for name, product in self.with_terms.items():
            label = _("I accept the terms of %(product)s") % {"product": product.name}
            refusal = _("Accept the terms of %(product)s.") % {"product": product.name}
            self.fields[name] = forms.BooleanField(
                label=label, error_messages={"required": refusal}
            )

    def terms(self) -> list[tuple[Product, forms.BoundField]]:
        """Each product with terms and its box."""
        return [(product, self[name]) for name, product in self.with_terms.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        boxes = {name: data.pop(name, False) for name in self.with_terms}
        data["terms_accepted"] = [self.with_terms[name] for name, ticked in boxes.items() if ticked]
        if data.get("password"):
            # The action judges it too. Here, so that everything is said at once.
            names = {name: data.get(name, "") for name in ("first_name", "last_name")}
            try:
                actions.check_password_rules(data["password"], user=User(email=self.email, **names))
            except ValidationError as refusal:
                self.add_error(None, refusal)
        return data

    def ask_password_again(self) -> None:
        """No page brings a password back: say so where nothing else is said about it."""
        if self.errors and "password" not in self.errors:
            self.add_error("password", _("Type the password again."))


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
