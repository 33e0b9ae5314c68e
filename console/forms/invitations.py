"""Input about invitations."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.actions import AddressTaken
from accounts.models import Role, User
from base.addresses import canonical_address
from base.names import clean_name
from invitations.actions import AlreadyInvited
from invitations.models import Invitation

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFERED = [HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY]


def validity_in_words(validity: timedelta) -> str:
    """ "1 hour", "7 days"; whole days where they are whole."""
    hours = round(validity / HOUR)
    if hours % 24:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}


class ValidityField(forms.TypedChoiceField):
    """How long a link works. Posts hours; a form posted without it means the default."""

    def __init__(self, *, default: timedelta, **kwargs: Any) -> None:
        offered = sorted({*OFFERED, default})
        super().__init__(
            label=_("The link works for"),
            choices=[(str(round(span / HOUR)), validity_in_words(span)) for span in offered],
            initial=str(round(default / HOUR)),
            coerce=lambda hours: int(hours) * HOUR,
            empty_value=default,
            required=False,
            error_messages={"invalid_choice": _("An invitation is valid for 1 hour to 90 days.")},
            **kwargs,
        )


class InvitationForm(forms.Form):
    """Whom to invite. After a refusal it knows who or what is in the way, for the link to them."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=100,
        validators=[clean_name],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a first name.")},
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        validators=[clean_name],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a last name.")},
    )
    email = forms.CharField(
        label=_("Email address"),
        help_text=_("The invitation is sent here and this becomes the sign-in name."),
        validators=[canonical_address],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter an email address.")},
    )
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody is given the role Developers."),
    )
    message = forms.CharField(
        label=_("Personal note (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, default_validity: timedelta, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.taken_by: User | None = None
        self.already: Invitation | None = None
        self.fields["validity"] = ValidityField(
            default=default_validity, help_text=_("It works once.")
        )
        roles: Any = self.fields["roles"]
        assignable = Role.objects.assignable().exclude(built_in=Role.BuiltIn.DEVELOPERS)
        roles.queryset = assignable.in_order()

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
        age = timezone.now() - invitation.sent_at
        if age < timedelta(minutes=1):
            return gettext("This address already has an invitation, sent just now.")
        return gettext("This address already has an invitation, sent %(age)s ago.") % {
            "age": timesince(invitation.sent_at, depth=1)
        }


class ResendForm(forms.Form):
    """A new link for the same person."""

    def __init__(self, *args: Any, default_validity: timedelta, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["validity"] = ValidityField(default=default_validity)
