"""How a user holds authority until a transaction ends (``base.authority``).

On PostgreSQL by an advisory lock for each user: whoever acts shares it, whoever blocks, demotes or
deletes takes it alone. The locks are not on rows, because those of the actor would be upgraded by
actions about oneself, and one on the role would let a crowd of actors starve a block: the lock
manager serves in turn. SQLite has one writer at a time, so what a transaction reads is true until
it commits.

The order: the Administrators role (``lock_administrators``), the actor, the user whose authority
goes, then rows.
"""

from typing import TYPE_CHECKING

from base.authority import ActorMayNotAct, Permission
from base.locks import Lock, take

if TYPE_CHECKING:
    from accounts.models import User


def hold(user: "User", permission: Permission | None, *, is_owner: bool) -> None:
    """As ``base.authority.Actor.hold_authority``, for a user."""
    share(user.pk)
    users = type(user).objects
    # A statement of its own after the lock: under READ COMMITTED it sees what was waited for.
    may_act = users.active() if is_owner else users.administrators() if permission else users.none()
    if not may_act.filter(pk=user.pk).exists():
        raise ActorMayNotAct


def share(user_pk: int | None) -> None:
    """Let nobody take authority from this user until the transaction ends; no-op for nobody."""
    if user_pk is not None:
        take(Lock.AUTHORITY_OF_USER, user_pk, shared=True)


def claim(user_pk: int) -> None:
    """Wait until the user's actions under way are over; none begins until the transaction ends."""
    take(Lock.AUTHORITY_OF_USER, user_pk)
