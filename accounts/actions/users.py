"""Operations on people."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import authority, password_links
from accounts.actions.guards import (
    CannotBlockSelf,
    CannotDeleteSelf,
    losing_authority,
    refuse_last_administrator,
)
from accounts.actions.passwords import check_password_rules
from accounts.actions.renewing import needed_link, renew_link
from accounts.actions.roles import RoleNotAssignable
from accounts.actions.writing import write_to
from accounts.models import Role, RoleAssignment, Session, User
from audit.changes import change
from audit.journal import record
from base.addresses import canonical_address
from base.authority import Permission, action
from base.names import clean_name
from mail.models import Message
from mail.outbox import queue_letter

REFUSAL_LETTER_EVERY = timedelta(days=1)
ACCOUNT_LETTER_EVERY = timedelta(days=1)


class AddressTaken(ValidationError):
    """``user`` is who has the address, for a link to them."""

    def __init__(self, user: User) -> None:
        self.user = user
        super().__init__(
            {
                "email": ValidationError(
                    _("A developer with this email address already exists."), code="address_taken"
                )
            }
        )


@action(Permission.DEVELOPERS_MANAGE)
def add_user(
    *,
    email: str,
    first_name: str,
    last_name: str,
    by: User | None,
    password: str | None = None,
    password_hash: str = "",
    must_change_password: bool = True,
    roles: Iterable[Role] = (),
    note: str = "",
    time_zone: str = "UTC",
    language: str = "en",
    welcome: bool = True,
    letter: str = "welcome",
) -> User:
    """Add a person: active at once, in Developers and in ``roles``.

    Without a ``password`` a letter with a link to choose one is sent (valid 7 days); with one,
    ``welcome`` says whether a letter tells them about the account. ``letter`` is a higher room's
    own kind of welcome. ``password_hash`` takes an already hashed one (an accepted invitation
    hashes before its lock).

    Raises AddressTaken, RoleNotAssignable, or ValidationError by field.
    """
    user = User(
        email=canonical_address(email),
        first_name=clean_name(first_name),
        last_name=clean_name(last_name),
        note=note.strip(),
        time_zone=time_zone,
        language=language,
        must_change_password=bool(password) and must_change_password,
    )
    if password is not None:
        check_password_rules(password, user=user)
        user.set_password(password)
    elif password_hash:
        user.password = password_hash
    else:
        user.set_unusable_password()
    taken_by = User.objects.by_address(user.email)
    if taken_by:
        raise AddressTaken(taken_by)
    user.full_clean(validate_unique=False)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        # Somebody else added the same address between the look and the insert.
        raise AddressTaken(User.objects.get(email=user.email)) from None
    given = {Role.objects.developers(), *roles}
    for role in given:
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in given)
    record("user.added", by=by, subject=user, roles=sorted(role.name for role in given))
    if not user.has_usable_password():
        password_links.open_link(user, valid_for=password_links.WELCOME)
        write_to(user, letter)
    elif welcome:
        write_to(user, letter)
    return user


@action(Permission.DEVELOPERS_MANAGE, or_owner="user")
def edit_user(
    *,
    user: User,
    by: User | None,
    email: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    note: str | None = None,
    time_zone: str | None = None,
    language: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> User:
    """Change what is given (None leaves a field alone); quiet when nothing differs.

    A new address voids the open password link; a fresh one goes to it. Both addresses are told.
    ``seen`` is what the author of the change had before them. Raises EditConflict, AddressTaken or
    ValidationError by field.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    wanted = {
        "email": canonical_address(email) if email is not None else None,
        "first_name": clean_name(first_name) if first_name is not None else None,
        "last_name": clean_name(last_name) if last_name is not None else None,
        "note": note.strip() if note is not None else None,
        "time_zone": time_zone,
        "language": language,
    }
    before = user.audit_label
    changes = change(user, wanted, seen=seen, by=by)
    if not changes:
        return user
    user.full_clean(validate_unique=False)
    if "email" in changes:
        taken_by = User.objects.by_address(user.email)
        if taken_by:
            raise AddressTaken(taken_by)
        link = needed_link(user)
        password_links.close_link(user)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise AddressTaken(User.objects.get(email=user.email)) from None
    # The note is for administrators; that it changed is enough for the journal.
    if "note" in changes:
        changes["note"] = ["", ""]
    record("user.edited", by=by, subject=user, changes=changes, before=before)
    if "email" in changes:
        _tell_of_address(user, former=changes["email"][0], by=by)
        if link is not None:
            renew_link(user, link, by=by)
    return user


def _tell_of_address(user: User, *, former: str, by: User | None) -> None:
    """Both addresses, whoever changed it (ASVS 6.3.7): the former one may be all its owner has."""
    changed_by = by.full_name if by is not None and by.pk != user.pk else ""
    queue_letter(
        "address_removed",
        to=former,
        reference=user.public_id,
        data={"changed_by": changed_by},
        language=user.language,
    )
    write_to(user, "address_changed", changed_by=changed_by)


@action(Permission.DEVELOPERS_MANAGE, before=losing_authority)
def block_user(*, user: User, by: User | None, reason: str = "", tell: bool = False) -> User:
    """Close every door to a person, from the next request on.

    Sessions, password links and what they sent as an administrator (invitations, shared links) die
    for good; roles and everything else stay as they are, so that ``activate_user`` restores them.
    ``reason`` is for administrators; ``tell`` sends the person a letter without it. Quiet for a
    blocked person.

    Raises CannotBlockSelf, LastAdministrator, ActorMayNotAct.
    """
    if by is not None and by.pk == user.pk:
        raise CannotBlockSelf
    authority.claim(user.pk)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.is_blocked:
        return user
    refuse_last_administrator(user)
    user.state = User.State.BLOCKED
    user.blocked_at = timezone.now()
    user.block_reason = reason.strip()
    user.security_epoch += 1
    user.authority_epoch += 1
    password_links.close_link(user)
    user.full_clean(validate_unique=False)
    user.save()
    ended, _by_model = Session.objects.filter(user=user).delete()
    record("user.blocked", by=by, subject=user, reason=user.block_reason, sessions_ended=ended)
    if tell:
        write_to(user, "account_blocked")
    return user


@action(Permission.DEVELOPERS_MANAGE)
def activate_user(*, user: User, by: User | None, tell: bool = False) -> User:
    """Open the doors again with everything that was there, except sessions and links.

    ``tell`` sends the person a letter. Whoever has no password yet is sent a fresh link to choose
    one, for the block voided theirs. Quiet for an active person.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        return user
    user.state = User.State.ACTIVE
    user.blocked_at = None
    user.block_reason = ""
    user.save()
    record("user.activated", by=by, subject=user)
    if tell:
        write_to(user, "account_activated")
    link = needed_link(user)
    if link is not None:
        renew_link(user, link, by=by)
    return user


@action(Permission.DEVELOPERS_MANAGE, before=losing_authority)
def delete_user(*, user: User, by: User | None) -> None:
    """Remove a person with their roles and sessions; the journal keeps what they did.

    Raises CannotDeleteSelf, LastAdministrator, ActorMayNotAct.
    """
    if by is not None and by.pk == user.pk:
        raise CannotDeleteSelf
    authority.claim(user.pk)
    user = User.objects.select_for_update().get(pk=user.pk)
    refuse_last_administrator(user)
    record("user.deleted", by=by, subject=user)
    user.delete()


@action(without_actor="The right password, at the sign-in page.")
def tell_blocked_user(*, user: User) -> None:
    """Tell a blocked person who gave the right password why it failed; at most once a day.

    The sign-in page itself answers them like anybody else, so that nobody learns of the block
    from outside.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if _was_told(user, "sign_in_refused", within=REFUSAL_LETTER_EVERY):
        return
    record("user.refused", by=user, subject=user)
    write_to(user, "sign_in_refused")


@action(without_actor="An address typed to ask for a password link; only its owner is told.")
def notify_of_refused_link(*, user: User) -> None:
    """Tell a blocked person why the password link that was asked for does not come; at most once
    a day.

    Anybody can ask for anybody, and the page answers all alike. Quiet once they are active again.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active or _was_told(user, "password_link_refused", within=REFUSAL_LETTER_EVERY):
        return
    record("user.password_link_refused", by=None, subject=user)
    write_to(user, "password_link_refused")


@action(without_actor="An address typed behind a shared link; only its owner is told.")
def tell_of_account(*, user: User) -> None:
    """Tell an active person that they have an account; at most once a day.

    For where somebody without a session asked for one under their address: the page answers like
    for anybody else, so that nobody learns from outside who has an account.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if _was_told(user, "account_exists", within=ACCOUNT_LETTER_EVERY):
        return
    record("user.told_of_account", by=None, subject=user)
    write_to(user, "account_exists")


def _was_told(user: User, kind: str, *, within: timedelta) -> bool:
    """Whether a letter of this kind was written to them lately; call it under their lock."""
    recent = Message.objects.about(user.public_id).filter(
        kind=kind, created_at__gt=timezone.now() - within
    )
    return bool(recent.exists())


@action(Permission.DEVELOPERS_MANAGE)
def record_export(*, filters: dict[str, str], count: int, by: User) -> None:
    """Note that somebody takes the list of people away; call it before the first line leaves.

    ``count`` is exact up to where the list stops counting.
    """
    record("users.exported", by=by, subject=by, filters=filters, count=count)
