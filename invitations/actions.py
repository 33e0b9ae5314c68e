"""What can be done with invitations."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import AddressTaken, RoleNotAssignable, add_user, check_password_rules
from accounts.models import Role, User
from audit.journal import record
from base.addresses import canonical_address
from base.links import absolute_url
from base.names import clean_name
from base.tokens import derive_token, new_nonce, token_digest
from invitations.models import MAX_VALIDITY, MIN_VALIDITY, PURPOSE, Invitation, ReplacedToken
from mail.outbox import cancel_letters, queue_letter


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


class InvitationNotUsable(ValidationError):
    """Answered, withdrawn, expired, replaced, or its sender may no longer invite."""

    def __init__(self) -> None:
        super().__init__(_("This invitation can no longer be used."), code="invitation_not_usable")


def token_of(invitation: Invitation) -> str:
    """The token that the invitation's newest link carries."""
    return derive_token(
        purpose=PURPOSE,
        row_id=invitation.public_id,
        nonce=invitation.nonce,
        digest=invitation.digest,
    )


@transaction.atomic
def invite_user(
    *,
    email: str,
    first_name: str,
    last_name: str,
    by: User,
    validity: timedelta,
    roles: Iterable[Role] = (),
    message: str = "",
) -> Invitation:
    """Send a link that lets this address become a user; no account exists until it is used.

    ``validity`` is 1 hour to 90 days. Raises AddressTaken (also for a blocked person: look at
    ``user.is_blocked``), AlreadyInvited, RoleNotAssignable, or ValidationError by field.
    """
    invitation = Invitation(
        email=canonical_address(email),
        first_name=clean_name(first_name),
        last_name=clean_name(last_name),
        message=message.strip(),
        sender=by,
        sender_name=by.full_name,
        validity=_checked(validity),
    )
    taken_by = User.objects.by_address(invitation.email)
    if taken_by:
        raise AddressTaken(taken_by)
    unanswered = Invitation.objects.unanswered().filter(email=invitation.email).first()
    if unanswered:
        raise AlreadyInvited(unanswered)
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
    record("invitation.sent", by=by, subject=invitation, roles=sorted(role.name for role in given))
    queue_letter("invitation", to=invitation.email, reference=invitation.public_id)
    return invitation


@transaction.atomic
def resend_invitation(
    *, invitation: Invitation, by: User | None, validity: timedelta | None = None
) -> Invitation:
    """Send a new link; the earlier one answers "replaced" from now on.

    An administrator becomes the sender; ``by`` is None when the invited person asked for a fresh
    link themselves, which keeps the sender. Works for expired invitations too.

    Raises InvitationNotUsable for an answered or revoked one.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.can_be_sent_again:
        raise InvitationNotUsable
    if by is not None:
        invitation.sender, invitation.sender_name = by, by.full_name
    elif not Invitation.objects.from_valid_senders().filter(pk=invitation.pk).exists():
        raise InvitationNotUsable
    invitation.validity = _checked(validity or invitation.validity)
    ReplacedToken.objects.create(invitation=invitation, digest=invitation.digest)
    _new_link(invitation)
    invitation.times_sent += 1
    invitation.save()
    cancel_letters("invitation", reference=invitation.public_id)
    record("invitation.resent", by=by, subject=invitation, times_sent=invitation.times_sent)
    queue_letter("invitation", to=invitation.email, reference=invitation.public_id)
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User | None) -> Invitation:
    """Withdraw the link. Quiet for a revoked one; raises InvitationNotUsable for an answered one."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.state == Invitation.State.REVOKED:
        return invitation
    if invitation.accepted_at or invitation.declined_at:
        raise InvitationNotUsable
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    cancel_letters("invitation", reference=invitation.public_id)
    record("invitation.revoked", by=by, subject=invitation)
    return invitation


@transaction.atomic
def reveal_link(*, invitation: Invitation, by: User) -> str:
    """The newest link in full, for handing it over when no letter arrives.

    Whoever has it can accept, so the journal keeps who asked for it. Raises InvitationNotUsable
    where it would open nothing.
    """
    usable = Invitation.objects.pending().from_valid_senders().filter(pk=invitation.pk).first()
    if usable is None:
        raise InvitationNotUsable
    record("invitation.link_copied", by=by, subject=usable)
    return absolute_url("portal:invitation", token=token_of(usable))


def accept_invitation(
    *,
    invitation: Invitation,
    password: str,
    first_name: str,
    last_name: str,
    time_zone: str = "UTC",
) -> User:
    """Turn the invitation into an active user with its address and roles.

    One conditional UPDATE claims it (unanswered, unexpired, same link, sender still an active
    administrator), so that twenty posts at once make one user. The password is judged and hashed
    before the transaction: hashing takes 90 ms, which no lock should wait for.

    Raises InvitationNotUsable (also when somebody was added under the address meanwhile, which the
    journal tells the administrators), or ValidationError by field.
    """
    first_name, last_name = clean_name(first_name), clean_name(last_name)
    person = User(email=invitation.email, first_name=first_name, last_name=last_name)
    check_password_rules(password, user=person)
    password_hash = make_password(password)
    try:
        return _claim(invitation, first_name, last_name, password_hash, time_zone)
    except AddressTaken:
        record("invitation.address_taken", by=None, subject=invitation)
        raise InvitationNotUsable from None


@transaction.atomic
def _claim(
    invitation: Invitation, first_name: str, last_name: str, password_hash: str, time_zone: str
) -> User:
    claim = Invitation.objects.pending().from_valid_senders()
    claimed = claim.filter(pk=invitation.pk, nonce=invitation.nonce).update(
        accepted_at=timezone.now()
    )
    if not claimed:
        raise InvitationNotUsable
    invitation.refresh_from_db()
    user = add_user(
        email=invitation.email,
        first_name=first_name,
        last_name=last_name,
        password_hash=password_hash,
        roles=invitation.roles.all(),
        time_zone=time_zone,
        by=None,
    )
    invitation.user = user
    invitation.save(update_fields=["user"])
    cancel_letters("invitation", reference=invitation.public_id)
    record("invitation.accepted", by=user, subject=invitation)
    return user


@transaction.atomic
def decline_invitation(*, invitation: Invitation) -> Invitation:
    """Note that the person does not want an account. Raises InvitationNotUsable."""
    declined = (
        Invitation.objects.pending()
        .filter(pk=invitation.pk, nonce=invitation.nonce)
        .update(declined_at=timezone.now())
    )
    if not declined:
        raise InvitationNotUsable
    invitation.refresh_from_db()
    cancel_letters("invitation", reference=invitation.public_id)
    record("invitation.declined", by=None, subject=invitation)
    return invitation


def _new_link(invitation: Invitation) -> None:
    """A new nonce, so a new token, counted from now."""
    now = timezone.now()
    invitation.nonce, invitation.digest = new_nonce(), ""
    invitation.digest = token_digest(token_of(invitation))
    invitation.sent_at = now
    invitation.expires_at = now + invitation.validity


def _checked(validity: timedelta) -> timedelta:
    if not MIN_VALIDITY <= validity <= MAX_VALIDITY:
        raise ValidationError({"validity": _("An invitation is valid for 1 hour to 90 days.")})
    return validity
