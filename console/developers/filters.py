"""What the list of developers is narrowed by: to add a filter, add a field and its ``filter_`` method."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User, UserQuerySet
from base.addresses import canonical_domain
from catalog.callers import callers_of
from catalog.models import Product
from console.kit.filters import DayField, ListFilter, end_of, start_of

NEVER = "never"


class DevelopersFilter(ListFilter):
    tab = "state"
    in_toolbar = ("q", "role")

    q = forms.CharField(label=_("Search by name or email"), required=False, max_length=200)
    state = forms.ChoiceField(
        label=_("State"),
        choices=User.State,
        required=False,
        error_messages={"invalid_choice": _("Choose active or blocked.")},
    )
    role = forms.ModelChoiceField(
        label=_("Role"),
        queryset=Role.objects.assignable().in_order(),
        to_field_name="public_id",
        empty_label=_("Any role"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose a role from the list.")},
    )
    seen = forms.ChoiceField(
        label=_("Last seen"),
        choices=[
            ("", _("Any time")),
            (NEVER, _("Never")),
            ("30", _("Not for 30 days")),
            ("90", _("Not for 90 days")),
            ("180", _("Not for 180 days")),
            ("365", _("Not for a year")),
        ],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose a time from the list.")},
    )
    seen_before = DayField(_("Last seen before"))
    registered_since = DayField(_("Registered from"))
    registered_until = DayField(_("Registered to"))
    domain = forms.CharField(
        label=_("Email domain"),
        required=False,
        max_length=255,
        widget=forms.TextInput(
            attrs={"class": "form-control", "placeholder": "example.org", "autocomplete": "off"}
        ),
    )
    product = forms.ModelChoiceField(
        label=_("Can call"),
        queryset=Product.objects.order_by("name_key"),
        to_field_name="public_id",
        empty_label=_("Any product"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose a product from the list.")},
    )
    password = forms.ChoiceField(
        label=_("Password"),
        choices=[("", _("Any")), (NEVER, _("Never chosen by the developer"))],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )

    def clean_domain(self) -> str:
        typed: str = self.cleaned_data["domain"].strip()
        if not typed:
            return ""
        try:
            return canonical_domain(typed)
        except ValidationError as error:
            raise ValidationError(_("Enter a domain such as example.org.")) from error

    def filter_q(self, users: UserQuerySet, words: str) -> UserQuerySet:
        return users.matching(words)

    def filter_state(self, users: UserQuerySet, state: str) -> UserQuerySet:
        return users.filter(state=state)

    def filter_role(self, users: UserQuerySet, role: Role) -> UserQuerySet:
        return users.in_role(role)

    def filter_seen(self, users: UserQuerySet, seen: str) -> UserQuerySet:
        """Somebody who was never here counts from the day of registration."""
        never = Q(last_seen_at=None)
        if seen == NEVER:
            return users.filter(never)
        since = timezone.now() - dt.timedelta(days=int(seen))
        return users.filter(Q(last_seen_at__lt=since) | never & Q(registered_at__lt=since))

    def filter_seen_before(self, users: UserQuerySet, day: dt.date) -> UserQuerySet:
        return users.filter(last_seen_at__lt=start_of(day))

    def filter_registered_since(self, users: UserQuerySet, day: dt.date) -> UserQuerySet:
        return users.filter(registered_at__gte=start_of(day))

    def filter_registered_until(self, users: UserQuerySet, day: dt.date) -> UserQuerySet:
        return users.filter(registered_at__lt=end_of(day))

    def filter_domain(self, users: UserQuerySet, domain: str) -> UserQuerySet:
        return users.at_domain(domain)

    def filter_product(self, users: UserQuerySet, product: Product) -> UserQuerySet:
        return users.filter(pk__in=callers_of(product).values("pk"))

    def filter_password(self, users: UserQuerySet, _value: str) -> UserQuerySet:
        return users.without_own_password()
