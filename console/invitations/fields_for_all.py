"""What holds for every developer of a bulk invite or an import."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from console.invitations.forms import ValidityField
from console.kit.fields import LanguageField
from console.packages.fields import PackageField


class ForAllForm(forms.Form):
    """What everybody of a list is given. Without ``default_validity`` nobody is invited but added."""

    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody is given the role Developers."),
    )

    def __init__(self, *args: Any, default_validity: timedelta | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assignable = Role.objects.assignable().exclude(built_in=Role.BuiltIn.DEVELOPERS)
        roles: Any = self.fields["roles"]
        roles.queryset = assignable.in_order()
        self.fields["package"] = PackageField()
        if default_validity is not None:
            self.fields["package"].help_text = _(
                "Given when they accept: the first page has the keys and a first call."
            )
            self.fields["validity"] = ValidityField(
                default=default_validity, help_text=_("Each works once.")
            )
            self.fields["message"] = forms.CharField(
                label=_("Personal note (optional)"),
                max_length=2000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )
        self.fields["language"] = LanguageField(default=settings.LANGUAGE_CODE)
