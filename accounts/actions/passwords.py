"""Operations on passwords."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import password_links
from accounts.actions.writing import write_to
from accounts.models import Session, User
from audit.journal import record
from base.authority import Permission, action


class UserIsBlocked(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("This person is blocked. Activate them first."), code="user_is_blocked")


class PasswordLinkNotUsable(ValidationError):
    """Used, replaced, over, or its owner was blocked."""

    def __init__(self) -> None:
        super().__init__(_("This link no longer works."), code="password_link_not_usable")


def check_password_rules(password: str, *, user: User) -> None:
    """Raise ValidationError (field ``password``) unless the password may be used by this person."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise ValidationError({"password": error.error_list}) from None


@action(Permission.DEVELOPERS_MANAGE, or_owner="user")
def set_password(
    *,
    user: User,
    password: str,
    by: User | None,
    must_change_password: bool = False,
    keep_session: Session | None = None,
) -> User:
    """Give the person a new password; every session but ``keep_session`` ends.

    A letter tells them, whoever did it (ASVS 6.3.7). Raises ValidationError (field ``password``).
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    check_password_rules(password, user=user)
    user.set_password(password)
    user.must_change_password = must_change_password
    user.security_epoch += 1
    password_links.close_link(user)
    user.save()
    sessions = Session.objects.filter(user=user)
    if keep_session is not None:
        sessions = sessions.exclude(pk=keep_session.pk)
    ended, _by_model = sessions.delete()
    record("user.password_set", by=by, subject=user, sessions_ended=ended)
    write_to(user, "password_changed")
    return user


@action(Permission.DEVELOPERS_MANAGE)
def send_password_link(*, user: User, by: User | None) -> User:
    """Send a letter with a link to choose a new password; an earlier link stops working.

    Asked for by the person (``by`` is None) it works 2 hours, sent by an administrator 2 days.
    A request soon after another sends the same link again: anybody may press that button for
    anybody, and must not void what the owner is about to use.
    The password in use stays until the link is used. Raises UserIsBlocked.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_blocked:
        raise UserIsBlocked
    if by is not None:
        password_links.open_link(user, valid_for=password_links.SENT_BY_ADMINISTRATOR)
    elif not password_links.is_fresh(user):
        password_links.open_link(user, valid_for=password_links.REQUESTED)
    record("user.password_link_sent", by=by, subject=user)
    write_to(user, "password_link", sent_by=by.full_name if by else "")
    return user


@action(without_actor="The token of an open password link.")
def use_password_link(*, user: User, nonce: str, password: str) -> User:
    """Spend the open link with this nonce on a new password; every session ends.

    Under the person's lock, so that two posts at once spend it once. Raises PasswordLinkNotUsable,
    or ValidationError (field ``password``), which leaves the link open.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not password_links.is_open(user) or user.password_link_nonce != nonce:
        raise PasswordLinkNotUsable
    return set_password(user=user, password=password, by=user)
