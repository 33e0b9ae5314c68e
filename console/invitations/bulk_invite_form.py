"""Input about many people at once: a pasted list, and what holds for all of them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from console.invitations.fields_for_all import ForAllForm

LONGEST_LIST = 100_000


class SeveralForm(ForAllForm):
    """The box with the addresses. What each of them is, ``console.invitations.bulk_invite`` says."""

    field_order = ("people",)

    people = forms.CharField(
        label=_("Email addresses"),
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "sofia@example.org, Omar Clarke <omar@example.org>",
            }
        ),
        error_messages={"required": _("Enter at least one address.")},
    )
