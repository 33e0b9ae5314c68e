"""Input about imports."""

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from base.edit_form import EditForm
from imports.columns import FIELDS
from imports.models import Import, Row


class UploadForm(forms.Form):
    """A file, and what to do with the people in it."""

    kind = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            (Import.Kind.INVITE, _("Invite them: each is sent a link and becomes a developer by it")),
            (Import.Kind.ADD, _("Add them: each is an active developer at once, and is sent a link to choose a password")),
        ],
        widget=forms.RadioSelect,
        initial=Import.Kind.INVITE,
    )  # fmt: skip
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "Up to 10 MB and 50,000 lines, as any spreadsheet saves it. Nothing is sent until you have seen what would happen to each line."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
    )


class ColumnsForm(EditForm):
    """Which column holds what; the columns are numbered from 0."""

    def __init__(self, data: QueryDict | None, *, import_: Import) -> None:
        super().__init__(data, initial={field: import_.mapping.get(field) for field in FIELDS})
        columns = [(str(number), name) for number, name in enumerate(import_.columns)]
        for field, label in FIELDS.items():
            self.fields[field] = forms.TypedChoiceField(
                label=label,
                choices=[("", _("None")), *columns],
                coerce=int,
                empty_value=None,
                required=False,
                error_messages={"invalid_choice": _("Choose columns from the list.")},
            )
        self.fields["email"].required = True
        self.fields["email"].error_messages["required"] = _("Choose the column with the addresses.")


class RowsFilter(forms.Form):
    """What the list of rows shows, read from the address; words it does not know narrow nothing."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=Row.State)

    def apply(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        self.is_valid()
        for word in self.cleaned_data.get("q", "").split():
            rows = rows.filter(
                Q(email__icontains=word)
                | Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
            )
        state = self.cleaned_data.get("state")
        return rows.filter(state=state) if state else rows

    @property
    def is_narrowed(self) -> bool:
        return bool(self.cleaned_data.get("q"))


class MendForm(EditForm):
    """What should stand in the row; whether it is right, the check says."""

    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
        error_messages={"required": _("Enter an email address.")},
    )
    first_name = forms.CharField(label=_("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=100, required=False)


class RowsForm(forms.Form):
    """The rows ticked in the list, and what to do with them."""

    action = forms.ChoiceField(choices=[("drop", _("Leave out")), ("restore", _("Take in again"))])

    def numbers(self) -> list[int]:
        """The lines ticked; what is no number is nobody's line."""
        ticked = self.data.getlist("selected")  # type: ignore[attr-defined]
        return [int(value) for value in ticked if value.isdecimal() and len(value) < 9]
