"""Sending invitations: invite, send again, correct the address, withdraw, hand the link over."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import AddressTaken, RoleNotAssignable
from accounts.models import Role, User
from audit.changes import changes_of
from audit.journal import record
from base.addresses import canonical_address
from base.authority import Permission, action
from base.links import absolute_url
from base.names import clean_name
from base.secret_keys import signing_key_id
from base.tokens import derive_token, new_nonce, token_digest
from invitations.access import key_counts
from invitations.actions.limits import (
    InvitationNotUsable,
    refuse_beyond_today,
    refuse_frequent_resend,
)
from invitations.models import (
    LETTERS,
    MAX_VALIDITY,
    MIN_VALIDITY,
    PURPOSE,
    Invitation,
    ReplacedToken,
)
from invitations.senders import assign_sender
from mail.outbox import cancel_letters, queue_letter
from packages.actions import hold_package
from packages.models import Package


class AlreadyInvited(ValidationError):
    """``invitation`` is the unanswered one, for resending it."""

    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        super().__init__(
            {
                "email": ValidationError(
                    _("This address already has an invitation."), code="already_invited"
                )
            }
        )


class ItsLinkIsClosed(InvitationNotUsable):
    """The shared link it came through is off or full: a letter would open nothing."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "It came through an invite link that is off or full. Turn that on, or let more people in, first."
            ),
            code="its_link_is_closed",
        )


def token_of(invitation: Invitation) -> str:
    """The token that the invitation's newest link carries."""
    return derive_token(
        purpose=PURPOSE,
        row_id=invitation.public_id,
        nonce=invitation.nonce,
        digest=invitation.digest,
    )


@action(Permission.INVITATIONS_MANAGE)
def invite_user(
    *,
    email: str,
    first_name: str,
    last_name: str,
    by: User,
    validity: timedelta,
    roles: Iterable[Role] = (),
    package: Package | None = None,
    message: str = "",
    language: str = "en",
) -> Invitation:
    """Send a link that lets this address become a user; no account exists until it is used.

    ``validity`` is 1 hour to 90 days. ``last_name`` may be empty where only an address is known. Raises AddressTaken (also for a blocked person: look at
    ``user.is_blocked``), AlreadyInvited, RoleNotAssignable, PackageGone, DailyLimitReached, or
    ValidationError by field.
    """
    refuse_beyond_today()
    invitation = Invitation(
        email=canonical_address(email),
        first_name=clean_name(first_name),
        last_name=clean_name(last_name),
        message=message.strip(),
        language=language,
        package=hold_package(package) if package else None,
        validity=_checked(validity),
    )
    assign_sender(invitation, by)
    given = list(roles)
    place_invitation(invitation, roles=given)
    record(
        "invitation.sent",
        by=by,
        subject=invitation,
        roles=sorted(role.name for role in given),
        package=package.name if package else "",
    )
    queue_invitation(invitation)
    return invitation


def place_invitation(invitation: Invitation, *, roles: Iterable[Role]) -> None:
    """Save a new invitation with a new link, inside the transaction of the operation that made it.

    Raises AddressTaken, AlreadyInvited, RoleNotAssignable, or ValidationError by field.
    """
    _refuse_known(invitation.email)
    _new_link(invitation)
    invitation.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        # Somebody else invited the same address between the look and the insert.
        raise AlreadyInvited(Invitation.objects.unanswered().get(email=invitation.email)) from None
    given = list(roles)
    for role in given:
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    invitation.roles.set(given)


@action(Permission.INVITATIONS_MANAGE)
def resend_invitation(
    *, invitation: Invitation, by: User | None, validity: timedelta | None = None
) -> Invitation:
    """Send a new link; the earlier one answers "replaced" from now on.

    An administrator becomes the sender; ``by`` is None when the invited person asked for a fresh
    link themselves, which keeps the sender. Works for expired invitations too.

    Raises InvitationNotUsable for an answered or revoked one; where they ask themselves, also for
    one whose sender may not invite any more or whose shared link takes nobody new. Raises
    ItsLinkIsClosed where the letter could not be accepted anyway, ResentTooOften after 5 an hour.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.can_be_sent_again:
        raise InvitationNotUsable
    if not invitation.is_admitted:
        raise ItsLinkIsClosed
    if by is not None:
        assign_sender(invitation, by)
    elif not _may_ask_again(invitation):
        raise InvitationNotUsable
    refuse_frequent_resend(invitation)
    invitation.validity = _checked(validity or invitation.validity)
    ReplacedToken.objects.create(invitation=invitation, digest=invitation.digest)
    _new_link(invitation)
    invitation.times_sent += 1
    invitation.save()
    cancel_letters(*LETTERS, reference=invitation.public_id)
    record("invitation.resent", by=by, subject=invitation, times_sent=invitation.times_sent)
    queue_invitation(invitation)
    return invitation


@action(Permission.INVITATIONS_MANAGE)
def correct_address(
    *,
    invitation: Invitation,
    by: User,
    email: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Invitation:
    """Send it to another address, with a new link and ``by`` as its sender.

    Whoever got an earlier letter is told that the invitation was withdrawn and nothing else: the
    address was not the person's. Quiet when it is the address already, or when nobody changed the
    one that was ``seen``.

    Raises EditConflict, InvitationNotUsable for an answered or revoked one, ResentTooOften, and as
    ``invite_user`` does.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.can_be_sent_again:
        raise InvitationNotUsable
    wanted = {"email": canonical_address(email) if email is not None else None}
    changes = changes_of(invitation, wanted, seen=seen, by=by)
    if not changes:
        return invitation
    refuse_frequent_resend(invitation)
    _earlier, invitation.email = changes["email"]
    _refuse_known(invitation.email)
    assign_sender(invitation, by)
    ReplacedToken.objects.create(invitation=invitation, digest=invitation.digest)
    invitation.replaced_tokens.update(address_corrected=True)
    _new_link(invitation)
    invitation.times_sent = 1
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        raise AlreadyInvited(Invitation.objects.unanswered().get(email=invitation.email)) from None
    cancel_letters(*LETTERS, reference=invitation.public_id)
    record("invitation.address_corrected", by=by, subject=invitation, changes=changes)
    queue_invitation(invitation)
    return invitation


@action(Permission.INVITATIONS_MANAGE)
def revoke_invitation(*, invitation: Invitation, by: User | None) -> Invitation:
    """Withdraw the link. Quiet for a revoked one; raises InvitationNotUsable for an answered one."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.state == Invitation.State.REVOKED:
        return invitation
    if invitation.accepted_at or invitation.declined_at:
        raise InvitationNotUsable
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    cancel_letters(*LETTERS, reference=invitation.public_id)
    record("invitation.revoked", by=by, subject=invitation)
    return invitation


@action(Permission.INVITATIONS_MANAGE)
def reveal_link(*, invitation: Invitation, by: User) -> str:
    """The newest link in full, for handing it over when no letter arrives.

    Whoever has it can accept, so the journal keeps who asked for it. Raises InvitationNotUsable
    where it would open nothing.
    """
    usable = Invitation.objects.pending().from_valid_senders().admitted()
    found = usable.filter(pk=invitation.pk).first()
    if found is None:
        raise InvitationNotUsable
    found = renew_signature(invitation=found)
    record("invitation.link_copied", by=by, subject=found)
    return absolute_url("portal:invitation-accept", token=token_of(found))


@action(without_actor="The earlier link; nothing else is decided.")
def renew_signature(*, invitation: Invitation) -> Invitation:
    """Let the link stand under the present key where its own is gone: a letter that is sent again
    would carry a dead one. Quiet while the key counts.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if key_counts(invitation):
        return invitation
    ReplacedToken.objects.create(invitation=invitation, digest=invitation.digest)
    _sign(invitation)
    invitation.save(update_fields=["nonce", "digest", "signing_key"])
    return invitation


def _may_ask_again(invitation: Invitation) -> bool:
    link = invitation.invite_link
    is_taken = link is None or link.takes(invitation.email)
    return is_taken and Invitation.objects.from_valid_senders().filter(pk=invitation.pk).exists()


def _refuse_known(email: str) -> None:
    taken_by = User.objects.by_address(email)
    if taken_by:
        raise AddressTaken(taken_by)
    unanswered = Invitation.objects.unanswered().filter(email=email).first()
    if unanswered:
        raise AlreadyInvited(unanswered)


def queue_invitation(invitation: Invitation) -> None:
    """Write the letter with its newest link, in the transaction of the caller."""
    queue_letter(
        "invitation",
        to=invitation.email,
        reference=invitation.public_id,
        language=invitation.language,
    )


def _new_link(invitation: Invitation) -> None:
    """A new nonce, so a new token; what is known of the earlier one and its letter is over."""
    now = timezone.now()
    _sign(invitation)
    invitation.sent_at = now
    invitation.opened_at = invitation.reminded_at = invitation.unused_told_at = None
    invitation.reminders_sent = 0
    invitation.expires_at = now + invitation.validity


def _sign(invitation: Invitation) -> None:
    invitation.nonce, invitation.digest = new_nonce(), ""
    invitation.signing_key = signing_key_id()
    invitation.digest = token_digest(token_of(invitation))


def _checked(validity: timedelta) -> timedelta:
    if not MIN_VALIDITY <= validity <= MAX_VALIDITY:
        raise ValidationError({"validity": _("An invitation is valid for 1 hour to 90 days.")})
    return validity
