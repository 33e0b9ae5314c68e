"""What the service does about invitations by itself: remind the invited, tell the senders."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.actions.guards import lock_administrators
from accounts.models import User
from audit.journal import record
from base.authority import action
from invitations.models import Invitation, InvitationQuerySet
from mail.models import Message
from mail.outbox import queue_letter
from service.models import current_service

UNUSED = "invitations_unused"
TOLD_EVERY = timedelta(days=1)
# Invitations sent together end within moments of each other: they belong into one letter.
TOGETHER = timedelta(hours=1)
NAMED_IN_LETTER = 20


@action(without_actor="The service's own settings.")
def remind_invited(*, limit: int = 200) -> int:
    """Send the reminders that are due, the longest waiting first; returns how many.

    The rows are looked at again under their lock, so that any number of processes may do this at
    once and each reminder is sent once. Nobody is reminded while mail is off.
    """
    days = current_service().reminder_days
    if settings.MAIL_IS_OFF or not days:
        return 0
    due = Invitation.objects.due_for_reminder(days).order_by("sent_at", "pk")
    invitations = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    for invitation in invitations:
        now = timezone.now()
        age = now - invitation.sent_at
        invitation.reminders_sent = sum(timedelta(days=day) <= age for day in days)
        invitation.reminded_at = now
        invitation.save(update_fields=["reminders_sent", "reminded_at"])
        record("invitation.reminded", by=None, subject=invitation)
        queue_letter(
            "invitation_reminder",
            to=invitation.email,
            reference=invitation.public_id,
            language=invitation.language,
        )
    return len(invitations)


def tell_of_unused() -> int:
    """Tell each sender what ended unused, in one letter a day at most; returns how many letters.

    Where a sender may no longer invite, every administrator is told: somebody has to know.
    """
    if settings.MAIL_IS_OFF or not current_service().tell_unused:
        return 0
    ended = Invitation.objects.ended_unused()
    if not ended.filter(expires_at__lte=timezone.now() - TOGETHER).exists():
        return 0
    return _tell_administrators()


@action(without_actor="The service's own settings.")
def _tell_administrators() -> int:
    # Two processes meet here; the second finds everything told.
    lock_administrators()
    told_today = Message.objects.filter(
        kind=UNUSED, created_at__gt=timezone.now() - TOLD_EVERY
    ).values("reference")
    administrators = User.objects.administrators().exclude(public_id__in=told_today)
    readers = list(administrators.order_by("pk"))
    if not readers:
        return 0
    ended = Invitation.objects.ended_unused()
    lost = _take(ended.without_valid_sender())
    return sum(_tell(reader, _take(ended.filter(sender=reader)) + lost) for reader in readers)


def _take(ended: InvitationQuerySet) -> list[UUID]:
    """Mark them as told; which they were, the first to end first."""
    ids = list(ended.order_by("expires_at", "pk").values_list("public_id", flat=True))
    ended.update(unused_told_at=timezone.now())
    return ids


def _tell(reader: User, ids: list[UUID]) -> int:
    if not ids:
        return 0
    queue_letter(
        UNUSED,
        to=reader.email,
        reference=reader.public_id,
        data={"count": len(ids), "named": [str(public_id) for public_id in ids[:NAMED_IN_LETTER]]},
        language=reader.language,
    )
    return 1
