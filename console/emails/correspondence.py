"""Every email to one developer, whatever it is about and whichever address it went to."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from catalog.models import Subscription
from invitations.models import Invitation
from mail.letters import all_letters


def emails_to(user: User) -> Q:
    """What went to their address, and what told them of their account, their invitation or a
    subscription of theirs at an address that they had before.

    Not what went to their address while it was somebody else's. Asks for what is theirs first, so
    that the outbox is read along two of its indexes.
    """
    theirs = (
        Subscription.objects.filter(owner=user)
        .values_list("public_id")
        .union(Invitation.objects.filter(user=user).values_list("public_id"))
    )
    for_others = Q(kind__in=[letter.kind for letter in all_letters() if letter.is_for_others])
    about_them = Q(reference__in=[user.public_id, *(row[0] for row in theirs)])
    about_somebody_else = (
        _is_about(User.objects.exclude(pk=user.pk))
        | _is_about(Subscription.objects.exclude(owner=user))
        | _is_about(Invitation.objects.filter(user__isnull=False).exclude(user=user))
    )
    return (about_them & ~for_others) | (Q(to=user.email) & (for_others | ~about_somebody_else))


def _is_about(rows: QuerySet[Any]) -> Q:
    return Q(Exists(rows.filter(public_id=OuterRef("reference"))))
