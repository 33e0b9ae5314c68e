"""What joining through a shared link asks for."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from base.addresses import readable_domain
from invitations.actions import MailDomainNotAllowed, check_mail_domain
from invitations.models import InviteLink
from portal.kit.fields import AddressField, NamesForm


class JoinForm(NamesForm):
    """An address and a name; which addresses the link takes is said before anybody types."""

    email = AddressField()
    field_order = ("email", "first_name", "last_name")

    def __init__(self, *args: Any, link: InviteLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.link = link
        field = self.fields["email"]
        field.widget.attrs["autocomplete"] = "email"
        field.help_text = _("A letter with your own link goes there. It becomes your sign-in name.")
        if link.mail_domains:
            domains = [readable_domain(domain) for domain in link.mail_domains]
            field.help_text = _(
                "It must be at %(domains)s. A letter with your own link goes there, and it becomes your sign-in name."
            ) % {"domains": get_text_list(domains, _("or"))}

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        try:
            check_mail_domain(self.link, address)
        except MailDomainNotAllowed as refusal:
            raise ValidationError(refusal.messages) from None
        return address
