"""What can be done with people and roles; callers write ``actions.block_user(...)``.

Every operation is one transaction: lock the row it decides about, refuse with a named exception,
change, record, queue letters. ``by`` is the actor, None for the system itself.
"""

from accounts.actions.bulk import BulkResult, apply_to_each
from accounts.actions.guards import (
    CannotBlockSelf,
    CannotDeleteSelf,
    CannotDemoteSelf,
    LastAdministrator,
)
from accounts.actions.many import Person, add_users
from accounts.actions.passwords import (
    PasswordLinkNotUsable,
    UserIsBlocked,
    check_password_rules,
    send_password_link,
    set_password,
    use_password_link,
)
from accounts.actions.roles import (
    RoleHasMembers,
    RoleIsProtected,
    RoleNameMisleading,
    RoleNameTaken,
    RoleNotAssignable,
    assign_role,
    create_role,
    delete_role,
    edit_role,
    remove_role,
    set_roles,
)
from accounts.actions.sessions import end_session, end_sessions
from accounts.actions.users import (
    AddressTaken,
    activate_user,
    add_user,
    block_user,
    delete_user,
    edit_user,
    notify_of_refused_link,
    record_export,
    tell_blocked_user,
    tell_of_account,
)
from base.authority import ActorMayNotAct

__all__ = [
    "ActorMayNotAct",
    "AddressTaken",
    "BulkResult",
    "CannotBlockSelf",
    "CannotDeleteSelf",
    "CannotDemoteSelf",
    "LastAdministrator",
    "PasswordLinkNotUsable",
    "Person",
    "RoleHasMembers",
    "RoleIsProtected",
    "RoleNameMisleading",
    "RoleNameTaken",
    "RoleNotAssignable",
    "UserIsBlocked",
    "activate_user",
    "add_user",
    "add_users",
    "apply_to_each",
    "assign_role",
    "block_user",
    "check_password_rules",
    "create_role",
    "delete_role",
    "delete_user",
    "edit_role",
    "edit_user",
    "end_session",
    "end_sessions",
    "notify_of_refused_link",
    "record_export",
    "remove_role",
    "send_password_link",
    "set_password",
    "set_roles",
    "tell_blocked_user",
    "tell_of_account",
    "use_password_link",
]
