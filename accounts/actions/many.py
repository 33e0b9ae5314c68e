"""Adding many people in a few statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import password_links
from accounts.actions.roles import RoleNotAssignable
from accounts.actions.users import AddressTaken
from accounts.models import Role, RoleAssignment, User, search_text
from audit.journal import record_each
from base.addresses import canonical_address
from base.authority import Permission, action
from base.inserting import STATEMENT, insert_where_free
from base.names import clean_name
from mail.outbox import queue_letters


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody to add or to invite, as typed."""

    email: str
    first_name: str = ""
    last_name: str = ""


@action(Permission.DEVELOPERS_MANAGE)
def add_users(
    *,
    people: Iterable[Person],
    by: User | None,
    roles: Iterable[Role] = (),
    language: str = "en",
    letter: str = "welcome",
) -> list[User | ValidationError]:
    """As ``add_user`` without a password, for many: what became of each, in their order.

    Whoever cannot be added costs the others nothing: in their place stands the refusal that
    ``add_user`` would raise. All in one transaction: hand over some hundreds at a time. ``letter``
    is the letter that tells them.

    Raises RoleNotAssignable.
    """
    given = {Role.objects.developers(), *roles}
    for role in given:
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    outcomes = [_draft(person, language) for person in people]
    added = insert_where_free(outcomes, find_holders=_holders, refuse=AddressTaken)
    RoleAssignment.objects.bulk_create(
        [RoleAssignment(user=user, role=role) for user in added for role in given],
        batch_size=STATEMENT,
    )
    record_each("user.added", by=by, subjects=added, roles=sorted(role.name for role in given))
    letters = [(user.email, user.public_id) for user in added]
    queue_letters(letter, recipients=letters, language=language)
    return outcomes


def _draft(person: Person, language: str) -> User | ValidationError:
    """The row to insert, with an open link to choose a password."""
    try:
        user = User(
            email=canonical_address(person.email),
            first_name=clean_name(person.first_name),
            last_name=clean_name(person.last_name),
            language=language,
        )
        _check_names(user)
        user.clean_fields(exclude=_all_but("email", "first_name", "last_name", "language"))
    except ValidationError as refusal:
        return refusal
    user.set_unusable_password()
    password_links.set_link(user, valid_for=password_links.WELCOME)
    user.search = search_text(user.email, user.first_name, user.last_name)
    return user


def _check_names(user: User) -> None:
    if not user.first_name:
        raise ValidationError({"first_name": _("Enter a first name.")})
    if not user.last_name:
        raise ValidationError({"last_name": _("Enter a last name.")})


def _all_but(*names: str) -> set[str]:
    return {field.name for field in User._meta.fields} - set(names)


def _holders(emails: list[str]) -> Mapping[str, User]:
    return {user.email: user for user in User.objects.filter(email__in=emails)}
