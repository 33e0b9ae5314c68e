"""Input about products."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from base.edit_form import EditForm
from catalog.models import Api, Product, ProductQuerySet
from console.kit.fields import NameField


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
