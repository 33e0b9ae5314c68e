"""Inviting many people in a few statements."""

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError

from accounts.actions import AddressTaken, Person, RoleNotAssignable
from accounts.models import Role, User
from audit.journal import record_each
from base.addresses import canonical_address
from base.authority import Permission, action
from base.inserting import STATEMENT, insert_where_free
from base.names import clean_name, name_from_address
from invitations.actions.limits import left_today
from invitations.actions.sending import AlreadyInvited, _checked, _new_link
from invitations.known import who_has
from invitations.models import Invitation
from invitations.senders import assign_sender
from mail.outbox import queue_letters
from packages.actions import hold_package
from packages.models import Package


@action(Permission.INVITATIONS_MANAGE)
def invite_many(
    *,
    people: Iterable[Person],
    by: User,
    validity: timedelta,
    roles: Iterable[Role] = (),
    package: Package | None = None,
    message: str = "",
    language: str = "en",
) -> list[Invitation | ValidationError]:
    """As ``invite_user`` for many: what became of each, in their order.

    Whoever cannot be invited costs the others nothing: in their place stands the refusal that
    ``invite_user`` would raise, AlreadyInvited too for an address that comes again, DailyLimitReached for those beyond it. Where no name
    is given, one is made from the address. All in one transaction: hand over some hundreds at a
    time.

    Raises RoleNotAssignable, PackageGone, or ValidationError by field for what holds for all.
    """
    given = list(roles)
    for role in given:
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    for_all = Invitation(
        message=message.strip(),
        language=language,
        package=hold_package(package) if package else None,
        validity=_checked(validity),
    )
    assign_sender(for_all, by)
    for_all.clean_fields(exclude=_all_but("message", "language"))
    outcomes = [_draft(person, for_all) for person in people]
    sent = _insert(outcomes)
    through = Invitation.roles.through
    through._default_manager.bulk_create(
        [through(invitation=invitation, role=role) for invitation in sent for role in given],
        batch_size=STATEMENT,
    )
    record_each(
        "invitation.sent",
        by=by,
        subjects=sent,
        roles=sorted(role.name for role in given),
        package=package.name if package else "",
    )
    letters = [(invitation.email, invitation.public_id) for invitation in sent]
    queue_letters("invitation", recipients=letters, language=language)
    return outcomes


def _insert(outcomes: list[Invitation | ValidationError]) -> list[Invitation]:
    """Insert as many of the drafts as the day's limit lets through; the others become refusals."""
    sent: list[Invitation] = []
    waiting = [index for index, row in enumerate(outcomes) if isinstance(row, Invitation)]
    while waiting:
        left, beyond = left_today()
        if beyond is not None:
            for index in waiting:
                outcomes[index] = beyond
            break
        # Whoever turns out to be known leaves a place to those behind.
        now, waiting = waiting[:left], waiting[left:]
        tried = [outcomes[index] for index in now]
        sent += insert_where_free(tried, find_holders=who_has, refuse=_refusal)
        for index, outcome in zip(now, tried, strict=True):
            outcomes[index] = outcome
    return sent


def _draft(person: Person, for_all: Invitation) -> Invitation | ValidationError:
    """The row to insert, with a link."""
    try:
        email = canonical_address(person.email)
        names = clean_name(person.first_name), clean_name(person.last_name)
        first_name, last_name = names if any(names) else name_from_address(email)
        invitation = Invitation(
            email=email,
            first_name=first_name or last_name,
            last_name=last_name if first_name else "",
            message=for_all.message,
            language=for_all.language,
            package_id=for_all.package_id,
            sender_id=for_all.sender_id,
            sender_name=for_all.sender_name,
            sender_epoch=for_all.sender_epoch,
            validity=for_all.validity,
        )
        invitation.clean_fields(exclude=_all_but("email", "first_name", "last_name"))
    except ValidationError as refusal:
        return refusal
    _new_link(invitation)
    return invitation


def _all_but(*names: str) -> set[str]:
    return {field.name for field in Invitation._meta.fields} - set(names)


def _refusal(holder: User | Invitation) -> ValidationError:
    return AddressTaken(holder) if isinstance(holder, User) else AlreadyInvited(holder)
