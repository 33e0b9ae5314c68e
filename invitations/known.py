"""Who or what has an address already: asked about one, about a paste, about a batch of a file."""

from collections.abc import Iterable

from accounts.models import User
from invitations.models import Invitation


def who_has(addresses: Iterable[str]) -> dict[str, User | Invitation]:
    """The user or the unanswered invitation with each canonical address, in two statements.

    An address that is new is missing. A user comes before an invitation that was overtaken.
    """
    wanted = set(addresses)
    invitations = Invitation.objects.unanswered().filter(email__in=wanted)
    known: dict[str, User | Invitation] = {row.email: row for row in invitations}
    return known | {user.email: user for user in User.objects.filter(email__in=wanted)}
