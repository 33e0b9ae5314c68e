"""Asking for an invitation through a shared link, and taking one of its places."""

from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import authority
from accounts.actions import AddressTaken, tell_of_account
from audit.journal import record
from base.addresses import canonical_address, readable_domain
from base.authority import action
from base.names import clean_strangers_name
from invitations.actions.sending import (
    AlreadyInvited,
    InvitationNotUsable,
    place_invitation,
    queue_invitation,
    resend_invitation,
    revoke_invitation,
)
from invitations.models import Invitation, InviteLink, letters_with_link
from service.models import current_service

# Anybody who holds the link may press the button for anybody: the letter is not repeated sooner.
REPEATED_AFTER = timedelta(minutes=10)


class InviteLinkNotUsable(ValidationError):
    """Off, ended, full, deleted, or its sender may no longer invite."""

    def __init__(self) -> None:
        super().__init__(
            gettext_lazy("This link can no longer be used."), code="invite_link_not_usable"
        )


class InviteLinkClosed(InvitationNotUsable):
    """Off or full since the letter was asked for; ``invitations.access`` knows which."""


class MailDomainNotAllowed(ValidationError):
    """The link is for addresses of certain organisations."""

    def __init__(self, domains: list[str]) -> None:
        text = _("This link is for addresses at %(domains)s. Enter one of those.")
        readable = [readable_domain(domain) for domain in domains]
        super().__init__(
            {
                "email": ValidationError(
                    text % {"domains": get_text_list(readable, _("or"))},
                    code="mail_domain_not_allowed",
                )
            }
        )


def check_mail_domain(link: InviteLink, address: str) -> None:
    """Raise MailDomainNotAllowed unless the link takes this canonical address."""
    if not link.takes_domain_of(address):
        raise MailDomainNotAllowed(link.mail_domains)


def request_invitation(
    *, link: InviteLink, email: str, first_name: str, last_name: str, language: str = "en"
) -> None:
    """Answer whoever holds the link and typed an address, by a letter to that address and no other way.

    An unknown address is sent an invitation; one that has an unanswered invitation gets its letter
    again, with the roles it had; an active person is told that they have an account; a blocked one
    is told nothing. Nobody learns from outside which of these it was, so every refusal is decided
    before the address is looked up.

    Raises InviteLinkNotUsable, MailDomainNotAllowed or ValidationError by field.
    """
    wanted = Invitation(
        email=canonical_address(email),
        first_name=clean_strangers_name(first_name),
        last_name=clean_strangers_name(last_name),
        language=language,
    )
    check_mail_domain(link, wanted.email)
    wanted.clean_fields(exclude=["sender_name", "validity", "expires_at", "nonce", "digest"])
    try:
        _invite(link, wanted)
    except AddressTaken as refusal:
        if refusal.user.is_active:
            tell_of_account(user=refusal.user)
    except AlreadyInvited as refusal:
        present = refusal.invitation
        # Refused only where somebody answered or invited between the look and the letter: then
        # that address has its answer already.
        with suppress(AddressTaken, AlreadyInvited, InvitationNotUsable):
            if Invitation.objects.from_valid_senders().admitted().filter(pk=present.pk).exists():
                _repeat_letter(present)
            else:
                _replace(link, wanted, present)


@action(without_actor="The token of the shared link; its sender's authority is held.")
def _invite(link: InviteLink, wanted: Invitation) -> None:
    """In the name of the link's sender, with its roles and package as they are now."""
    # What is sent in somebody's name is as good as their authority, until this commits.
    authority.share(link.sender_id)
    InviteLink.objects.select_for_update().filter(pk=link.pk).first()
    # The state is read after the lock: it depends on the sender's row, too.
    open_link = InviteLink.objects.in_state(InviteLink.State.OPEN).filter(pk=link.pk).first()
    if open_link is None:
        raise InviteLinkNotUsable
    roles = list(open_link.roles.all())
    wanted.invite_link, wanted.package = open_link, open_link.package
    wanted.sender, wanted.sender_name = open_link.sender, open_link.sender_name
    wanted.sender_epoch = open_link.sender_epoch
    wanted.validity = current_service().invitation_validity
    place_invitation(wanted, roles=roles)
    record(
        "invitation.requested",
        by=None,
        subject=wanted,
        link=open_link.name,
        roles=sorted(role.name for role in roles),
    )
    queue_invitation(wanted)


@action(without_actor="The token of the shared link; its sender's authority is held.")
def _replace(link: InviteLink, wanted: Invitation, present: Invitation) -> None:
    """A new invitation instead of one that opens nothing any more."""
    authority.share(link.sender_id)
    # The link before its invitations, in the order of ``delete_link``.
    InviteLink.objects.select_for_update().filter(pk=link.pk).first()
    revoke_invitation(invitation=present, by=None)
    _invite(link, wanted)


@action(without_actor="The token of the shared link; its sender's authority is held.")
def _repeat_letter(invitation: Invitation) -> None:
    """The same link again: a new one would void the link that its owner is about to use."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    letters = letters_with_link().filter(reference=invitation.public_id)
    if letters.filter(created_at__gt=timezone.now() - REPEATED_AFTER).exists():
        return
    if not invitation.is_pending:
        resend_invitation(invitation=invitation, by=None)
        return
    invitation.times_sent += 1
    invitation.sent_at = timezone.now()
    invitation.save(update_fields=["times_sent", "sent_at"])
    record("invitation.resent", by=None, subject=invitation, times_sent=invitation.times_sent)
    queue_invitation(invitation)


def take_place(invitation: Invitation) -> None:
    """Count whoever accepts against the link they came through, if any.

    One conditional UPDATE, so that no two take the last place; undone with the caller's
    transaction. Call it before the invitation's own row is claimed: ``delete_link`` and this take
    the two rows in the same order.

    Raises InviteLinkClosed.
    """
    if invitation.invite_link_id is None:
        return
    link = InviteLink.objects.admitting().filter(pk=invitation.invite_link_id)
    if not link.update(used=F("used") + 1):
        raise InviteLinkClosed
