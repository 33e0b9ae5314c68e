"""Choosing an access package."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.packages.page_data import gives
from packages.models import Package


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
