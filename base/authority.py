"""Who may do what, decided inside the transaction that does it.

A page asks for permission when a request comes in; what it decided may be untrue before the action
commits. So every action states here what it needs, and the one decorator that opens its transaction
asks the actor again, under a lock that a block, a demotion and a deletion of that actor wait for.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import wraps
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """What an actor may be allowed to do; administrators have all of them."""

    DEVELOPERS_MANAGE = "developers.manage"
    ROLES_MANAGE = "roles.manage"
    INVITATIONS_MANAGE = "invitations.manage"
    CATALOG_MANAGE = "catalog.manage"
    SUBSCRIPTIONS_MANAGE = "subscriptions.manage"
    PACKAGES_MANAGE = "packages.manage"
    GATEWAYS_MANAGE = "gateways.manage"
    EMAILS_MANAGE = "emails.manage"
    SETTINGS_MANAGE = "settings.manage"
    ACTIVITY_READ = "activity.read"


class ActorMayNotAct(PermissionDenied):
    """The actor lost the right between opening the page and the action, or never had it.

    No ValidationError: nothing that could be typed differently would help. Answered with 403.
    """

    def __init__(self) -> None:
        super().__init__(_("You are no longer allowed to do this. Nothing was changed."))


class Actor(Protocol):
    """Whoever acts: a user today; a service token or a directory must answer the same."""

    audit_kind: str

    @property
    def pk(self) -> Any: ...

    @property
    def public_id(self) -> Any: ...

    @property
    def audit_label(self) -> str: ...

    def hold_authority(self, permission: Permission | None, *, is_owner: bool) -> None:
        """Return if the actor may act now, and keep it so until the transaction ends.

        With ``permission``, or as the owner of what the action is about (``is_owner``), if the
        actor may act at all. Reads the database, never itself. Raises ActorMayNotAct.
        """


# What the surrounding actions of this thread hold already: (kind, pk, permission, is_owner), and
# the names of locks (``take_first``).
_held: ContextVar[frozenset[tuple[Any, ...]]] = ContextVar("held", default=frozenset())


def action[**P, R](
    permission: Permission | None = None,
    *,
    or_owner: str = "",
    without_actor: str = "",
    first: Callable[[Mapping[str, Any]], None] | None = None,
    before: Callable[[Mapping[str, Any]], None] | None = None,
    at_the_end: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function an action: one transaction, done only by an actor who may do it.

    ``by`` is the actor; None is the system itself, which may do everything. ``or_owner`` names the
    owner among the arguments (``"subscription.owner_id"``, ``"user"``): the owner may act for
    themselves while they are active. ``without_actor`` says, instead, what stands in for an actor,
    for example the token of a link.

    ``first`` is told the arguments before the transaction: it refuses what takes long to judge, so
    that no lock waits for it. ``before`` is told them inside, before the actor is asked: it takes
    the locks that come before an actor's. ``at_the_end`` asks the actor after the work, where the
    work itself takes seconds that would keep a block waiting. Only where the work locks no row that
    somebody else could wait for: the actor's lock comes first in the order.
    """
    if not (permission or or_owner or without_actor):
        raise TypeError("An action states the authority that it needs.")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        def hold(arguments: Mapping[str, Any]) -> None:
            if not without_actor:
                _hold(arguments, permission, or_owner)

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if first is not None:
                first(kwargs)
            with transaction.atomic(), _own_record():
                if before is not None:
                    before(kwargs)
                if not at_the_end:
                    hold(kwargs)
                result = function(*args, **kwargs)
                if at_the_end:
                    hold(kwargs)
                return result

        run.authority = permission or or_owner or without_actor  # type: ignore[attr-defined]
        return run

    return decorate


@contextmanager
def _own_record() -> Iterator[None]:
    """What is held inside counts there and in what is nested in it: a rollback lets go of it."""
    token = _held.set(_held.get())
    try:
        yield
    finally:
        _held.reset(token)


def _hold(arguments: Mapping[str, Any], permission: Permission | None, or_owner: str) -> None:
    """Ask the actor, unless an action around this one holds the same already."""
    by: Actor | None = arguments["by"]
    if by is None:
        return
    is_owner = bool(or_owner) and _owner(arguments, or_owner) == by.pk
    authority = (by.audit_kind, by.pk, permission, is_owner)
    if authority not in _held.get():
        by.hold_authority(permission, is_owner=is_owner)
        _held.set(_held.get() | {authority})


def take_first(lock: str, take: Callable[[], None]) -> None:
    """Take a lock that comes before every actor's; once, however many actions are nested.

    Call it as ``before`` of an action. Inside an action that did not take it, it would come too
    late, and two of those wait for each other: RuntimeError.
    """
    held = _held.get()
    if (lock,) in held:
        return
    if held:
        raise RuntimeError(f"The lock {lock} is taken before any other.")
    take()
    _held.set(held | {(lock,)})


def _owner(arguments: Mapping[str, Any], path: str) -> Any:
    """The primary key that ``path`` leads to."""
    name, *attributes = path.split(".")
    value = arguments[name]
    for attribute in attributes:
        value = getattr(value, attribute)
    return getattr(value, "pk", value)
