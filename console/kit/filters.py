"""What a list is narrowed by: a form read from its address."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ListFilter(forms.Form):
    """Each field narrows the rows through ``filter_<name>(rows, value)``; an empty one does not.

    A value that makes no sense finds nothing, and the page says why: "all that match" is never
    more than its reader saw.
    """

    # The field that is chosen by the tabs above the list.
    tab: ClassVar[str] = ""
    # Fields with a place of their own in the toolbar; the others are under "Filters".
    in_toolbar: ClassVar[tuple[str, ...]] = ("q",)

    def apply[Q: QuerySet](self, rows: Q, *, without: str = "") -> Q:
        """Those of ``rows`` that match, whatever the field named ``without`` says."""
        if not self.is_valid():
            return rows.none()
        for name, value in self.cleaned_data.items():
            if name != without and value:
                rows = self.narrow(rows, name, value)
        return rows

    def narrow[Q: QuerySet](self, rows: Q, name: str, value: Any) -> Q:
        """Those of ``rows`` that this one field lets through."""
        narrowed: Q = getattr(self, f"filter_{name}")(rows, value)
        return narrowed

    @property
    def chosen(self) -> dict[str, Any]:
        """The fields in use, tidied."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def more(self) -> list[forms.BoundField]:
        """The fields under "Filters"."""
        return [field for field in self if field.name not in {self.tab, *self.in_toolbar}]

    def more_chosen(self) -> int:
        """How many of them narrow the list."""
        return len([field for field in self.more() if field.name in self.chosen])

    def sentences(self) -> list[str]:
        """What is wrong with the address, each with the name of its field."""
        return [
            f"{self[name].label}: {' '.join(map(str, errors))}"
            for name, errors in self.errors.items()
        ]

    def hidden(self) -> list[tuple[str, str]]:
        """Every field in use as it stands in the address, for a form posted beside the list."""
        return [(name, self.data[name]) for name in self.chosen if name in self.data]


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
            error_messages={"invalid": _("Enter a date as YYYY-MM-DD.")},
        )


def start_of(day: dt.date) -> dt.datetime:
    """Midnight where the reader is."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def end_of(day: dt.date) -> dt.datetime:
    """The midnight after that day."""
    return start_of(day + dt.timedelta(days=1))
