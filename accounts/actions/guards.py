"""An active administrator always remains, and nobody locks themselves out."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from base.authority import take_first


class CannotBlockSelf(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("You cannot block yourself."), code="block_self")


class CannotDeleteSelf(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("You cannot delete yourself."), code="delete_self")


class CannotDemoteSelf(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            _("You cannot take the Administrators role from yourself."), code="demote_self"
        )


class LastAdministrator(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This is the last active administrator. Give somebody else the Administrators role first."
            ),
            code="last_administrator",
        )


def lock_administrators() -> None:
    """Let one decision about administrators happen at a time.

    Locks the Administrators role itself rather than its members: under READ COMMITTED, a second
    transaction would otherwise count members that the first is about to take away (measured:
    naive check-then-write left nobody in 29 of 30 races). Take it before anything else.
    """
    Role.objects.select_for_update(no_key=True).administrators()


def losing_authority(_arguments: Mapping[str, Any]) -> None:
    """``before`` of an action that takes authority from somebody; it claims the user next."""
    take_first("administrators", lock_administrators)


def changing_administrators(arguments: Mapping[str, Any]) -> None:
    """As ``losing_authority``, where ``role`` is Administrators."""
    if arguments["role"].built_in == Role.BuiltIn.ADMINISTRATORS:
        losing_authority(arguments)


def refuse_last_administrator(user: User) -> None:
    """Raise LastAdministrator if without ``user`` no active administrator remained.

    Call it under ``lock_administrators``.
    """
    administrators = User.objects.administrators()
    if (
        administrators.filter(pk=user.pk).exists()
        and not administrators.exclude(pk=user.pk).exists()
    ):
        raise LastAdministrator
