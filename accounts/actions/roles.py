"""Operations on roles and who is in them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import authority
from accounts.actions.guards import (
    CannotDemoteSelf,
    changing_administrators,
    losing_authority,
    refuse_last_administrator,
)
from accounts.lookalikes import looks_like
from accounts.models import Role, RoleAssignment, User
from audit.changes import change
from audit.journal import record
from base.authority import Permission, action
from base.changes import merged
from base.names import clean_title
from base.naming import NameTaken, name_key_of, save_unique


class RoleIsProtected(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            _("Built-in roles cannot be renamed or deleted."), code="role_is_protected"
        )


class RoleNameTaken(NameTaken):
    def __init__(self, field: str = "name") -> None:
        super().__init__(
            _("A role with this name already exists."), code="role_name_taken", field=field
        )


class RoleNameMisleading(ValidationError):
    """``role`` is the built-in one that people would take it for."""

    def __init__(self, role: Role) -> None:
        self.role = role
        super().__init__(
            {
                "name": ValidationError(
                    _(
                        "This name looks like the built-in role %(role)s. Choose one that cannot be mistaken for it."
                    ),
                    code="role_name_misleading",
                    params={"role": role.name},
                )
            }
        )


class RoleHasMembers(ValidationError):
    """``count`` people would lose the role."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            ngettext(
                "%(count)d person has this role and would lose it. Confirm to delete it all the same.",
                "%(count)d people have this role and would lose it. Confirm to delete it all the same.",
                count,
            )
            % {"count": count},
            code="role_has_members",
        )


class RoleNotAssignable(ValidationError):
    def __init__(self, role: Role) -> None:
        super().__init__(
            _(
                "Nobody can be given the role %(role)s: it stands for visitors who are not signed in."
            )
            % {"role": role.name},
            code="role_not_assignable",
        )


@action(Permission.ROLES_MANAGE)
def create_role(*, name: str, by: User | None, description: str = "") -> Role:
    """Make a role.

    Raises RoleNameTaken (names differ by more than case), RoleNameMisleading or ValidationError by
    field.
    """
    role = Role(name=clean_title(name), description=description.strip())
    _save_role(role)
    record("role.created", by=by, subject=role)
    return role


@action(Permission.ROLES_MANAGE)
def edit_role(
    *,
    role: Role,
    by: User | None,
    name: str | None = None,
    description: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Role:
    """Change what is given; quiet when nothing differs.

    Raises EditConflict, RoleIsProtected, RoleNameTaken, RoleNameMisleading (also where an earlier
    release let the name in).
    """
    role = Role.objects.select_for_update().get(pk=role.pk)
    if role.is_built_in:
        raise RoleIsProtected
    wanted = {
        "name": clean_title(name) if name is not None else None,
        "description": description.strip() if description is not None else None,
    }
    changes = change(role, wanted, seen=seen, by=by)
    if not changes:
        return role
    _save_role(role)
    record("role.edited", by=by, subject=role, changes=changes)
    return role


@action(Permission.ROLES_MANAGE)
def delete_role(*, role: Role, by: User | None, confirmed: bool = False) -> None:
    """Delete a role. With members it wants ``confirmed``.

    Raises RoleIsProtected, RoleHasMembers.
    """
    role = Role.objects.select_for_update().get(pk=role.pk)
    if role.is_built_in:
        raise RoleIsProtected
    members = role.assignments.count()
    if members and not confirmed:
        raise RoleHasMembers(members)
    record("role.deleted", by=by, subject=role, members=members)
    role.delete()


@action(Permission.ROLES_MANAGE, before=changing_administrators)
def assign_role(*, user: User, role: Role, by: User | None) -> None:
    """Put a person into a role; quiet when they are in it. Raises RoleNotAssignable, ActorMayNotAct."""
    if not role.is_assignable:
        raise RoleNotAssignable(role)
    _assignment, created = RoleAssignment.objects.get_or_create(user=user, role=role)
    if created:
        record("user.role_assigned", by=by, subject=user, role=role.name)


@action(Permission.ROLES_MANAGE, before=changing_administrators)
def remove_role(*, user: User, role: Role, by: User | None) -> None:
    """Take a role from a person; quiet when they are not in it.

    With Administrators, what they sent as one (invitations, shared links) ends for good.
    Raises CannotDemoteSelf, LastAdministrator, ActorMayNotAct.
    """
    if role.built_in == Role.BuiltIn.ADMINISTRATORS:
        authority.claim(user.pk)
        if not RoleAssignment.objects.filter(user=user, role=role).exists():
            return
        if by is not None and by.pk == user.pk:
            raise CannotDemoteSelf
        refuse_last_administrator(user)
        User.objects.filter(pk=user.pk).update(authority_epoch=F("authority_epoch") + 1)
    removed, _by_model = RoleAssignment.objects.filter(user=user, role=role).delete()
    if removed:
        record("user.role_removed", by=by, subject=user, role=role.name)


@action(Permission.ROLES_MANAGE, before=losing_authority)
def set_roles(
    *, user: User, roles: Iterable[Role], by: User | None, seen: Iterable[Role] | None = None
) -> None:
    """Make ``roles`` the person's roles, one event for each difference. Raises as its parts do.

    Of somebody who had ``seen`` before them, only what they added and took away counts.
    """
    present = set(user.roles.all())
    wanted = set(merged(present, roles, seen=seen))
    # Administrators first in both loops: its lock comes before any other row's.
    for role in sorted(wanted - present, key=_lock_order):
        assign_role(user=user, role=role, by=by)
    for role in sorted(present - wanted, key=_lock_order):
        remove_role(user=user, role=role, by=by)


def _lock_order(role: Role) -> tuple[bool, int]:
    return role.built_in != Role.BuiltIn.ADMINISTRATORS, role.pk


def _refuse_misleading_name(role: Role) -> None:
    """A role called like a built-in one gives none of its rights, and hides who has them."""
    for built_in in Role.objects.filter(built_in__isnull=False):
        if name_key_of(role.name) != built_in.name_key and looks_like(role.name, built_in.name):
            raise RoleNameMisleading(built_in)


def _save_role(role: Role) -> None:
    _refuse_misleading_name(role)
    save_unique(role, taken=RoleNameTaken)
