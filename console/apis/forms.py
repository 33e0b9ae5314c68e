"""Input about an API."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from base.changes import EditConflict
from base.edit_form import EditForm
from catalog.models import MAX_OPENAPI_CHARACTERS, Api
from console.kit.fields import NameField


class ApiForm(EditForm):
    """What an API is; whether name, slug and path are free is the action's to say."""

    name = NameField(label=_("Name"), missing=_("Enter a name."))
    version = forms.CharField(label=_("Version (optional)"), max_length=40, required=False)
    path_prefix = forms.CharField(
        label=_("Path on the gateway"),
        max_length=200,
        error_messages={"required": _("Enter a path.")},
        help_text=_("Where callers reach it, for example /orders/v2. Each path leads to one API."),
    )
    back_end = forms.CharField(
        label=_("Back-end address"),
        max_length=500,
        error_messages={"required": _("Enter an address.")},
        help_text=_(
            "Where the gateway sends the calls, for example https://orders.internal.example/base."
        ),
    )
    subscription_required = forms.BooleanField(
        label=_("A subscription is required"),
        required=False,
        initial=True,
        help_text=_("Without the tick anybody may call it without a key."),
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    slug = forms.CharField(
        label=_("Slug (optional)"),
        max_length=80,
        required=False,
        help_text=_("What stands in addresses of the portal; made from the name when left empty."),
    )

    def __init__(self, *args: Any, api: Api | None = None, **kwargs: Any) -> None:
        if api is not None:
            kwargs["initial"] = {name: getattr(api, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if api is not None and api.is_answered_here:
            # The sample API: this service answers it, under this path only.
            del self.fields["back_end"]
            del self.fields["path_prefix"]


class OpenApiForm(EditForm):
    """A file, or text; the file wins. What the text must be is the room's to say."""

    openapi = forms.CharField(
        label=_("Document"),
        required=False,
        max_length=MAX_OPENAPI_CHARACTERS,
        help_text=_("OpenAPI 3.0 or 3.1, JSON or YAML. Empty it to take the document away."),
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "code-area"}),
    )
    file = forms.FileField(label=_("Or a file (optional)"), required=False, allow_empty_file=True)

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MAX_OPENAPI_CHARACTERS:
            raise ValidationError(_("The file is larger than 1 MB."), code="too_large")
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError(_("Save the file as UTF-8 text."), code="not_utf8") from None
        if "\0" in text:
            raise ValidationError(_("Save the file as UTF-8 text."), code="not_utf8")
        return text

    @property
    def text(self) -> str:
        return self.cleaned_data["file"] or self.cleaned_data["openapi"]

    def add_error(self, field: str | None, error: Any) -> None:
        if isinstance(error, EditConflict) and self.cleaned_data.get("file"):
            # No page brings a file back; saving again takes its text from the box.
            data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
            data["openapi"] = self.text
            self.data = data
        super().add_error(field, error)
