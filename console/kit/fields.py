"""Fields that several forms of the console share."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from base.names import clean_name, clean_title
from console.packages.page_data import gives
from packages.models import Package


class NameField(forms.CharField):
    """The name of a thing, tidied as ``base.names`` does."""

    def __init__(self, *, label: Any, missing: Any, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(
            label=label,
            max_length=max_length,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": missing},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return clean_title(super().clean(value))


class PersonNameField(NameField):
    """A first or last name, cleaned as the action will clean it."""

    def clean(self, value: Any) -> str:
        return clean_name(super().clean(value))


class PackageField(forms.ModelChoiceField):
    """An access package, or None; each choice says what it gives. Posts the public id."""

    def __init__(self, **kwargs: Any) -> None:
        values: dict[str, Any] = {
            "label": _("Access package (optional)"),
            "queryset": Package.objects.order_by("name_key").prefetch_related("roles", "products"),
            "empty_label": _("None"),
            "error_messages": {"invalid_choice": _("Choose a package from the list.")},
        }
        super().__init__(**(values | kwargs), to_field_name="public_id", required=False)

    def label_from_instance(self, package: Package) -> str:
        return f"{package.name}: {gives(package)}"


class LanguageField(forms.ChoiceField):
    """The language of a person's letters; a form posted without it means ``default``."""

    def __init__(self, *, default: str | None, **kwargs: Any) -> None:
        self.default = default
        super().__init__(
            label=_("Letters in"),
            choices=settings.LANGUAGES,
            required=False,
            initial=default,
            **kwargs,
        )

    def clean(self, value: Any) -> str | None:
        return super().clean(value) or self.default
