"""Input about APIs and products."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from base.changes import EditConflict
from base.edit_form import EditForm
from catalog.models import MAX_OPENAPI_CHARACTERS, Api, Product, ProductQuerySet
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


class ProductsFilter(forms.Form):
    """The list's address; what makes no sense narrows nothing."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(
        required=False, choices=[("published", _("Published")), ("unpublished", _("Unpublished"))]
    )

    def apply(self, found: ProductQuerySet) -> ProductQuerySet:
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("q"):
            found = found.filter(name_key__contains=wanted["q"].casefold())
        if wanted.get("state"):
            found = found.filter(published_at__isnull=wanted["state"] == "unpublished")
        return found

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())


class ProductForm(EditForm):
    name = NameField(label=_("Name"), missing=_("Enter a name."))
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    terms = forms.CharField(
        label=_("Terms (optional)"),
        max_length=20_000,
        required=False,
        help_text=_("Developers accept them before they subscribe."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    approval_needed = forms.BooleanField(
        label=_("Each request needs approval"),
        required=False,
        help_text=_("Requests wait under Subscriptions; administrators get a letter."),
    )
    subscription_limit = forms.IntegerField(
        label=_("Subscriptions per developer (optional)"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("Left empty there is no limit."),
    )
    slug = forms.CharField(
        label=_("Slug (optional)"),
        max_length=80,
        required=False,
        help_text=_("What stands in addresses of the portal; made from the name when left empty."),
    )

    def __init__(self, *args: Any, product: Product | None = None, **kwargs: Any) -> None:
        if product is not None:
            kwargs["initial"] = {name: getattr(product, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)


class VisibilityForm(EditForm):
    """Checkboxes for each role but Administrators, who always see everything."""

    roles = forms.ModelMultipleChoiceField(
        label=_("Visible to Administrators and"),
        queryset=Role.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Guests are visitors who are not signed in; what they see, everybody sees."),
    )

    def __init__(self, data: Any = None, *, product: Product) -> None:
        present = [role.public_id for role in product.roles.all()]
        super().__init__(data, initial={"roles": present})
        others = Role.objects.exclude(built_in=Role.BuiltIn.ADMINISTRATORS)
        self.fields["roles"].queryset = others.in_order()  # type: ignore[attr-defined]


class ProductApisForm(EditForm):
    apis = forms.ModelMultipleChoiceField(
        label=_("APIs"),
        queryset=Api.objects.order_by("name_key"),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, product: Product) -> None:
        present = [api.public_id for api in product.apis.all()]
        super().__init__(data, initial={"apis": present})


class TypedNameForm(forms.Form):
    """The name typed again, before what cannot be undone."""

    typed = forms.CharField(
        label="", max_length=300, error_messages={"required": _("Type the name.")}
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].label = _("Type %(name)s to confirm") % {"name": name}
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.name:
            raise ValidationError(_("This is not the name."), code="typed")
        return typed


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button is the answer."""
