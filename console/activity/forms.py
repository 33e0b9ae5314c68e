"""What the activity page is asked for."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import Event
from console.activity.events import TITLES

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


class DayField(forms.DateField):
    """A day in the reader's time zone."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            # Beyond these, moments cannot be moved between time zones.
            validators=[
                MinValueValidator(dt.date(2000, 1, 1)),
                MaxValueValidator(dt.date(2999, 1, 1)),
            ],
            widget=forms.DateInput(
                attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"
            ),
        )


class ActivityFilter(forms.Form):
    """Read from the address; a value that makes no sense is no filter."""

    actor = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=200)
    subject = forms.CharField(label=gettext_lazy("About"), required=False, max_length=200)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=kinds,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    since = DayField(gettext_lazy("From"))
    until = DayField(gettext_lazy("To"))

    @property
    def is_narrowed(self) -> bool:
        self.is_valid()
        return any(self.cleaned_data.values())

    def apply(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """Those of ``events`` that match."""
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("actor"):
            events = events.filter(_named("actor", wanted["actor"]))
        if wanted.get("subject"):
            events = events.filter(_named("subject", wanted["subject"]))
        if wanted.get("kind"):
            events = events.filter(_of_kind(wanted["kind"]))
        if wanted.get("since"):
            events = events.filter(at__gte=_midnight(wanted["since"]))
        if wanted.get("until"):
            events = events.filter(at__lt=_midnight(wanted["until"] + dt.timedelta(days=1)))
        return events


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


def _midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day where the reader is."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
