"""What the activity page is asked for."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import Event
from console.activity.events import TITLES
from console.kit.filters import DayField, ListFilter, end_of, start_of

GROUPS = {
    "user": gettext_lazy("Developers"),
    "invitation": gettext_lazy("Invitations"),
    "import": gettext_lazy("Imports"),
    "invite_link": gettext_lazy("Invite links"),
    "role": gettext_lazy("Roles"),
    "api": gettext_lazy("APIs"),
    "product": gettext_lazy("Products"),
    "subscription": gettext_lazy("Subscriptions"),
    "key": gettext_lazy("Keys"),
    "package": gettext_lazy("Packages"),
    "gateway": gettext_lazy("Gateways"),
    "letter": gettext_lazy("Letters"),
    "service": gettext_lazy("Settings"),
    "console": gettext_lazy("Console"),
    "activity": gettext_lazy("Activity"),
}


def kinds() -> list[tuple[str, object]]:
    """Every kind of event under its noun; a noun by itself means all of its kinds."""
    choices: list[tuple[str, object]] = [("", _("Everything"))]
    for noun, label in GROUPS.items():
        of_noun = [(action, title) for action, title in TITLES.items() if _noun(action) == noun]
        if of_noun:
            everything = _("All about %(noun)s") % {"noun": str(label).lower()}
            choices.append((str(label), [(noun, everything), *of_noun]))
    return choices


def _noun(action: str) -> str:
    # users.exported tells of all of them at once; it belongs with the others.
    return action.partition(".")[0].removesuffix("s")


class ActivityFilter(ListFilter):
    actor = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=200)
    subject = forms.CharField(label=gettext_lazy("About"), required=False, max_length=200)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=kinds,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("Choose a kind of event from the list.")},
    )
    since = DayField(gettext_lazy("From"))
    until = DayField(gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("Choose a day that is not before the first one."))
        return data

    def filter_actor(self, events: QuerySet[Event], who: str) -> QuerySet[Event]:
        return events.filter(_named("actor", who))

    def filter_subject(self, events: QuerySet[Event], what: str) -> QuerySet[Event]:
        return events.filter(_named("subject", what))

    def filter_kind(self, events: QuerySet[Event], kind: str) -> QuerySet[Event]:
        return events.filter(_of_kind(kind))

    def filter_since(self, events: QuerySet[Event], day: dt.date) -> QuerySet[Event]:
        return events.filter(at__gte=start_of(day))

    def filter_until(self, events: QuerySet[Event], day: dt.date) -> QuerySet[Event]:
        return events.filter(at__lt=end_of(day))


def _named(who: str, text: str) -> Q:
    """By public id where the text is one, else by a part of the name or address."""
    try:
        return Q(**{f"{who}_id": UUID(text)})
    except ValueError:
        return Q(**{f"{who}_label__icontains": text})


def _of_kind(kind: str) -> Q:
    if "." in kind:
        return Q(action=kind)
    return Q(action__startswith=f"{kind}.") | Q(action__startswith=f"{kind}s.")
