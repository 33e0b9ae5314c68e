"""Input about invitations."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.actions import AddressTaken
from accounts.models import Role, User
from base.edit_form import EditForm
from base.templatetags.ui import age
from console.kit.fields import AddressField, LanguageField, PersonNameField
from console.packages.fields import PackageField
from invitations.actions import AlreadyInvited
from invitations.models import Invitation, InvitationQuerySet, InviteLink

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFERED = [HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY]


def validity_in_words(validity: timedelta) -> str:
    """ "1 hour", "7 days"; whole days where they are whole."""
    hours = round(validity / HOUR)
    if hours % 24:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}


def _until(validity: timedelta) -> str:
    """The choice with the moment it leads to, in the reader's time zone."""
    return gettext("%(length)s, until %(moment)s") % {
        "length": validity_in_words(validity),
        "moment": date_format(timezone.localtime(timezone.now() + validity), "DATETIME_FORMAT"),
    }


class ValidityField(forms.TypedChoiceField):
    """How long a link works. Posts hours; a form posted without it means the default."""

    def __init__(self, *, default: timedelta, **kwargs: Any) -> None:
        self.default = default
        offered = sorted({*OFFERED, default})
        super().__init__(
            label=_("The link works for"),
            choices=[(str(round(span / HOUR)), _until(span)) for span in offered],
            initial=str(round(default / HOUR)),
            coerce=lambda hours: int(hours) * HOUR,
            empty_value=None,
            required=False,
            error_messages={"invalid_choice": _("An invitation is valid for 1 hour to 90 days.")},
            **kwargs,
        )

    def clean(self, value: Any) -> timedelta:
        return super().clean(value) or self.default


class InvitedAddressForm(forms.Form):
    """Where the letter goes. After a refusal it knows who or what is in the way, for the link to them."""

    email = AddressField(
        help_text=_("The invitation is sent here and this becomes the sign-in name.")
    )

    taken_by: User | None = None
    already: Invitation | None = None

    def refuse(self, refusal: ValidationError) -> None:
        """Show why the invitation was not sent, in words that fit the person it is about."""
        if isinstance(refusal, AddressTaken):
            self.taken_by = refusal.user
            if refusal.user.is_blocked:
                self.add_error("email", self._blocked(refusal.user))
                return
        if isinstance(refusal, AlreadyInvited):
            self.already = refusal.invitation
            self.add_error("email", self._already(refusal.invitation))
            return
        self.add_error(None, refusal)

    def _blocked(self, user: User) -> str:
        return gettext(
            "%(name)s already has this email address and is blocked. "
            "Activate them instead of inviting them again."
        ) % {"name": user.full_name}

    def _already(self, invitation: Invitation) -> str:
        if timezone.now() - invitation.sent_at < timedelta(minutes=1):
            return gettext("This address already has an invitation, sent just now.")
        return gettext("This address already has an invitation, sent %(age)s.") % {
            "age": age(invitation.sent_at)
        }


class CorrectAddressForm(EditForm, InvitedAddressForm):
    """Of an invitation that went to the wrong one."""


class InvitationForm(InvitedAddressForm):
    """Whom to invite."""

    field_order = ("first_name", "last_name", "email")

    first_name = PersonNameField(label=_("First name"), missing=_("Enter a first name."))
    last_name = PersonNameField(label=_("Last name"), missing=_("Enter a last name."))
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody is given the role Developers."),
    )
    package = PackageField(
        help_text=_("Given when they accept: the first page has the keys and a first call.")
    )
    message = forms.CharField(
        label=_("Personal note (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, default_validity: timedelta, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["validity"] = ValidityField(
            default=default_validity, help_text=_("It works once.")
        )
        self.fields["language"] = LanguageField(default=settings.LANGUAGE_CODE)
        roles: Any = self.fields["roles"]
        assignable = Role.objects.assignable().exclude(built_in=Role.BuiltIn.DEVELOPERS)
        roles.queryset = assignable.in_order()


class ResendForm(forms.Form):
    """A new link for the same person."""

    def __init__(self, *args: Any, default_validity: timedelta, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["validity"] = ValidityField(default=default_validity)


class RevokeForm(forms.Form):
    """Nothing to fill in: pressing the button is the input, and refusals have a place."""


class InvitationsFilter(forms.Form):
    """What the list shows, read from the address; words it does not know are ignored."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(
        required=False, choices=[("all", _("All")), *Invitation.State.choices]
    )
    letter = forms.ChoiceField(
        required=False, choices=[("failed", _("Letter failed or came back"))]
    )
    link = forms.ModelChoiceField(
        InviteLink.objects.all(), to_field_name="public_id", required=False
    )
    sender = forms.ChoiceField(required=False, choices=[("gone", _("Sender can no longer invite"))])

    @property
    def wanted_state(self) -> str:
        """What waits for an answer, unless the address says otherwise."""
        self.is_valid()
        return self.cleaned_data.get("state") or Invitation.State.PENDING

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "letter", "sender", "link"))

    def apply(self, invitations: InvitationQuerySet) -> InvitationQuerySet:
        state = self.wanted_state
        found = invitations.matching(self.cleaned_data.get("q", ""))
        if self.cleaned_data.get("letter"):
            found = found.with_failed_letter()
        if self.cleaned_data.get("link"):
            found = found.filter(invite_link=self.cleaned_data["link"])
        if self.cleaned_data.get("sender"):
            found = found.without_valid_sender()
        return found if state == "all" else found.in_state(state)


class BulkForm(forms.Form):
    """The rows ticked in the list, and what to do with them."""

    action = forms.ChoiceField(
        choices=[("resend", _("Resend")), ("revoke", _("Revoke"))],
        error_messages={"required": _("Choose what to do.")},
    )
    selected = forms.ModelMultipleChoiceField(
        queryset=Invitation.objects.all(),
        to_field_name="public_id",
        error_messages={"required": _("Select at least one invitation.")},
    )
    # Withdrawing is asked about first: it is felt by others.
    confirmed = forms.BooleanField(required=False)
