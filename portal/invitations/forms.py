"""What accepting an invitation asks for."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.models import User
from catalog.models import Product
from portal.kit.fields import NamesForm, NewPasswordField


class AcceptForm(NamesForm):
    """What an invited person decides. The address, the roles and the package are the invitation's.

    ``products`` come with it; the terms of each that has some are accepted one by one.
    """

    password = NewPasswordField(label=_("Choose a password"))

    def __init__(
        self, *args: Any, email: str, products: Iterable[Product] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.with_terms = {
            f"terms_{product.public_id.hex}": product for product in products if product.terms
        }
        for name, product in self.with_terms.items():
            label = _("I accept the terms of %(product)s") % {"product": product.name}
            refusal = _("Accept the terms of %(product)s.") % {"product": product.name}
            self.fields[name] = forms.BooleanField(
                label=label, error_messages={"required": refusal}
            )

    def terms(self) -> list[tuple[Product, forms.BoundField]]:
        """Each product with terms and its box."""
        return [(product, self[name]) for name, product in self.with_terms.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        boxes = {name: data.pop(name, False) for name in self.with_terms}
        data["terms_accepted"] = [self.with_terms[name] for name, ticked in boxes.items() if ticked]
        if data.get("password"):
            # The action judges it too. Here, so that everything is said at once.
            names = {name: data.get(name, "") for name in ("first_name", "last_name")}
            try:
                actions.check_password_rules(data["password"], user=User(email=self.email, **names))
            except ValidationError as refusal:
                self.add_error(None, refusal)
        return data

    def ask_password_again(self) -> None:
        """No page brings a password back: say so where nothing else is said about it."""
        if self.errors and "password" not in self.errors:
            self.add_error("password", _("Type the password again."))
