"""Input about the outbox."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from console.emails.correspondence import emails_to
from mail.letters import all_letters, title_of
from mail.models import Message, MessageQuerySet

State = Message.State
# In the order in which somebody who looks for trouble wants them.
GROUPS = [
    (State.QUEUED, _("Waiting")),
    (State.SENT, _("Sent")),
    (State.FAILED, _("Failed")),
    (State.BOUNCED, _("Bounced")),
    (State.HELD, _("Held back")),
    (State.CANCELLED, _("Cancelled")),
]


class MailFilter(forms.Form):
    """The list's address; what makes no sense narrows nothing."""

    q = forms.CharField(required=False, max_length=300)
    state = forms.ChoiceField(required=False, choices=GROUPS)
    kind = forms.ChoiceField(required=False)
    # The public id of somebody: every email to them.
    developer = forms.UUIDField(required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        titles = sorted((str(letter.title), letter.kind) for letter in all_letters())
        kind: Any = self.fields["kind"]
        kind.choices = [("", _("Any letter")), *((name, title) for title, name in titles)]
        asked = data.get("kind", "")
        # Another release's kind is found like any other.
        if asked.isprintable() and asked not in dict(kind.choices) and _is_kept(asked):
            kind.choices = [*kind.choices, (asked, title_of(asked))]
        self.is_valid()

    def apply(self, letters: MessageQuerySet, *, state: bool = True) -> MessageQuerySet:
        """Those that match; ``state=False`` leaves the state open, for the counts of the tabs."""
        wanted = self.cleaned_data
        found = letters.matching(wanted.get("q", ""))
        if wanted.get("developer"):
            found = found.filter(self._to_developer)
        if wanted.get("kind"):
            found = found.filter(kind=wanted["kind"])
        if state and wanted.get("state"):
            found = found.in_group(wanted["state"])
        return found

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "kind", "developer"))

    @cached_property
    def person(self) -> User | None:
        """Whose emails these are, while they have an account."""
        return User.objects.filter(public_id=self.cleaned_data.get("developer")).first()

    @cached_property
    def _to_developer(self) -> Q:
        # Of somebody who was deleted, what was about their account is still known.
        return (
            emails_to(self.person) if self.person else Q(reference=self.cleaned_data["developer"])
        )


def _is_kept(kind: str) -> bool:
    return Message.objects.filter(kind=kind).exists()


class MailBulkForm(forms.Form):
    """The letters ticked in the list, and what to do with them."""

    action = forms.ChoiceField(choices=[("send", _("Send again")), ("cancel", _("Cancel"))])
    selected = forms.ModelMultipleChoiceField(
        queryset=Message.objects.all(),
        to_field_name="public_id",
        error_messages={"required": _("Select at least one letter.")},
    )
