"""An active administrator always remains, and nobody locks themselves out."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User


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


class ActorMayNotAct(ValidationError):
    """The actor lost the right between opening the page and pressing the button."""

    def __init__(self) -> None:
        super().__init__(_("You are no longer an administrator."), code="actor_may_not_act")


def lock_administrators(*, by: User | None) -> None:
    """Let one decision about administrators happen at a time, by somebody who still is one.

    Locks the Administrators role itself rather than its members: under READ COMMITTED, a second
    transaction would otherwise count members that the first is about to take away (measured:
    naive check-then-write left nobody in 29 of 30 races). Take it before any row of a person.
    """
    Role.objects.select_for_update(no_key=True).administrators()
    if by is not None and not User.objects.administrators().filter(pk=by.pk).exists():
        raise ActorMayNotAct


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
