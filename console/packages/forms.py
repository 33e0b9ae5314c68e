"""Input about packages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from base.edit_form import EditForm
from catalog.models import Product
from console.kit.fields import NameField
from packages.models import Package


class PackageForm(EditForm):
    """Administrators is not offered: a package makes none."""

    name = NameField(label=_("Name"), missing=_("Enter a name."))
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles (optional)"),
        queryset=Role.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Besides Developers, which everybody is given."),
    )
    products = forms.ModelMultipleChoiceField(
        label=_("Subscriptions to (optional)"),
        queryset=Product.objects.order_by("name_key"),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Active at once, whether or not the product asks for approval."),
    )
    welcome = forms.CharField(
        label=_("Welcome text (optional)"),
        max_length=2000,
        required=False,
        help_text=_("Read on the first page after accepting, above the keys. Plain text."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=1000,
        required=False,
        help_text=_("Only administrators see it."),
    )

    def __init__(self, data: Any = None, *, package: Package | None = None) -> None:
        initial: dict[str, Any] = {}
        if package is not None:
            initial = {
                "name": package.name,
                "welcome": package.welcome,
                "description": package.description,
                "roles": [role.public_id for role in package.roles.all()],
                "products": [product.public_id for product in package.products.all()],
            }
        super().__init__(data, initial=initial)
        others = Role.objects.assignable().exclude(
            built_in__in=[Role.BuiltIn.ADMINISTRATORS, Role.BuiltIn.DEVELOPERS]
        )
        self.fields["roles"].queryset = others.in_order()  # type: ignore[attr-defined]
