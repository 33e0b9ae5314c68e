"""Answering invitations: open, accept, decline."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet
from django.utils import timezone

from accounts import authority
from accounts.actions import AddressTaken, add_user, check_password_rules
from accounts.models import User
from accounts.passwords import SLOT_WAIT_SECONDS, HashingBusy
from audit.journal import record
from base.authority import action
from base.names import clean_name
from base.turns import Turns
from catalog.models import Product
from invitations.actions.joining import take_place
from invitations.actions.sending import InvitationNotUsable
from invitations.models import LETTERS, Invitation
from mail.outbox import cancel_letters
from packages.actions import Grant, grant_package
from packages.models import Package

_turns = Turns()


@dataclass(frozen=True)
class Accepted:
    """The new user, and what the invitation's package gave them, fresh keys included."""

    user: User
    grant: Grant | None


def accept_invitation(
    *,
    invitation: Invitation,
    password: str,
    first_name: str,
    last_name: str,
    time_zone: str = "UTC",
    terms_accepted: Collection[Product] = (),
) -> Accepted:
    """Turn the invitation into an active user with its address, its roles and its package.

    One conditional UPDATE claims it (unanswered, unexpired, same link, sender still an active
    administrator), so that twenty posts at once make one user. The password is judged and hashed
    before the transaction: hashing takes 90 ms, which no lock should wait for. Posts of one
    invitation in one process take turns, so that only the first of them hashes.

    Raises InvitationNotUsable (also when somebody was added under the address meanwhile, which the
    journal tells the administrators), InviteLinkClosed where the shared link it came through is off
    or full, PackageTermsNotAccepted, HashingBusy, or ValidationError by field.
    """
    first_name, last_name = clean_name(first_name), clean_name(last_name)
    person = User(email=invitation.email, first_name=first_name, last_name=last_name)
    check_password_rules(password, user=person)
    with _turns.turn(str(invitation.pk), timeout=SLOT_WAIT_SECONDS) as is_mine:
        # Whoever waited finds the invitation used, and hashes nothing.
        if not _claimable(invitation).exists():
            raise InvitationNotUsable
        if not is_mine:
            raise HashingBusy
        password_hash = make_password(password)
        try:
            return _claim(
                invitation,
                first_name=first_name,
                last_name=last_name,
                password_hash=password_hash,
                time_zone=time_zone,
                terms_accepted=terms_accepted,
            )
        except AddressTaken:
            record("invitation.address_taken", by=None, subject=invitation)
            raise InvitationNotUsable from None


@action(without_actor="The token of the invitation; its sender's authority is held.")
def _claim(
    invitation: Invitation,
    *,
    first_name: str,
    last_name: str,
    password_hash: str,
    time_zone: str,
    terms_accepted: Collection[Product],
) -> Accepted:
    # An invitation is as good as its sender, until this commits.
    authority.share(invitation.sender_id)
    take_place(invitation)
    if invitation.package_id is not None:
        # Before the invitation's row: deleting the package takes them in this order.
        Package.objects.select_for_update(no_key=True).filter(pk=invitation.package_id).first()
    if not _claimable(invitation).update(accepted_at=timezone.now()):
        raise InvitationNotUsable
    invitation.refresh_from_db()
    user = add_user(
        email=invitation.email,
        first_name=first_name,
        last_name=last_name,
        password_hash=password_hash,
        roles=invitation.roles.all(),
        time_zone=time_zone,
        language=invitation.language,
        by=None,
    )
    invitation.user = user
    invitation.save(update_fields=["user"])
    cancel_letters(*LETTERS, reference=invitation.public_id)
    record("invitation.accepted", by=user, subject=invitation)
    # Asked for anew: a package deleted meanwhile leaves the roles that the invitation names.
    package = Package.objects.filter(invitations=invitation).first()
    if package is None:
        return Accepted(user, None)
    grant = grant_package(
        package=package, user=user, by=user, issue_keys=True, terms_accepted=terms_accepted
    )
    return Accepted(user, grant)


def _claimable(invitation: Invitation) -> QuerySet[Invitation]:
    pending = Invitation.objects.pending().from_valid_senders()
    return pending.filter(pk=invitation.pk, nonce=invitation.nonce)


@action(without_actor="The token of the invitation.")
def note_opened(*, invitation: Invitation) -> None:
    """The link was fetched, by its reader or by a mail scanner; only the first time is noted.

    No event: nothing was decided, and a scanner is nobody.
    """
    unopened = Invitation.objects.filter(pk=invitation.pk, nonce=invitation.nonce, opened_at=None)
    unopened.update(opened_at=timezone.now())


@action(without_actor="The token of the invitation.")
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
    cancel_letters(*LETTERS, reference=invitation.public_id)
    record("invitation.declined", by=None, subject=invitation)
    return invitation
