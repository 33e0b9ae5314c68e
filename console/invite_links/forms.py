"""Input about invite links."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from base.addresses import readable_domain
from base.edit_form import EditForm
from console.kit.fields import DateTimeField, NameField
from console.packages.fields import PackageField
from invitations.link_models import InviteLinkQuerySet
from invitations.models import InviteLink


class DomainsField(forms.CharField):
    """Domains as people type them, with commas, spaces or line breaks between; the action judges each."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "none"})
        super().__init__(required=False, max_length=5000, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(readable_domain, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [word for word in re.split(r"[\s,;]+", super().clean(value)) if word]


class LinkForm(EditForm):
    """What a link asks and gives."""

    name = NameField(
        label=_("Name"),
        missing=_("Enter a name."),
        help_text=_("For administrators, for example where it is handed out."),
    )
    quota = forms.IntegerField(
        label=_("People at most (optional)"),
        required=False,
        min_value=1,
        help_text=_("Counts who became a developer."),
    )
    expires_at = DateTimeField(
        label=_("Ends (optional)"),
        required=False,
        help_text=_("Stops new requests; letters sent before still work."),
    )
    mail_domains = DomainsField(
        label=_("Only addresses at (optional)"),
        help_text=_(
            "Mail domains, such as example.org. Subdomains count only where they are named."
        ),
    )
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody is given the role Developers. A link makes no administrators."),
    )
    package = PackageField()

    def __init__(self, *args: Any, link: InviteLink | None = None, **kwargs: Any) -> None:
        if link is not None:
            kwargs["initial"] = {
                **{field: getattr(link, field) for field in self.base_fields},
                "roles": [role.public_id for role in link.roles.all()],
            }
        super().__init__(*args, **kwargs)
        roles: Any = self.fields["roles"]
        everybodys = [Role.BuiltIn.DEVELOPERS, Role.BuiltIn.ADMINISTRATORS]
        roles.queryset = Role.objects.assignable().exclude(built_in__in=everybodys).in_order()


class LinksFilter(forms.Form):
    """What the list shows, read from the address; words it does not know are ignored."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=InviteLink.State)

    def apply(self, links: InviteLinkQuerySet, *, state: bool = True) -> InviteLinkQuerySet:
        """Those that match; ``state=False`` leaves the state open, for the counts of the tabs."""
        self.is_valid()
        wanted = self.cleaned_data
        found = links.matching(wanted.get("q", ""))
        return found.in_state(wanted["state"]) if state and wanted.get("state") else found
