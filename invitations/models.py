"""Invitations: people who are no users yet."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from base.secret_keys import MAX_IDS_LENGTH, signing_key_id
from invitations.link_models import InviteLink, ReplacedLinkToken
from invitations.senders import sender_may_invite
from mail.models import Message, MessageQuerySet
from packages.models import Package

__all__ = [
    "Invitation",
    "InvitationQuerySet",
    "InviteLink",
    "ReplacedLinkToken",
    "ReplacedToken",
]

MIN_VALIDITY = timedelta(hours=1)
MAX_VALIDITY = timedelta(days=90)
PURPOSE = "invitation"
# The letters that carry its link.
LETTERS = ("invitation", "invitation_reminder")
# A reminder leaves at least this much time to answer.
REMINDER_LEAVES = timedelta(hours=12)
# What ended earlier than this is no news any more.
UNUSED_NEWS = timedelta(days=7)


def letters_with_link() -> MessageQuerySet:
    """Letters that carry an invitation's link; a reminder that nobody wanted any more is none."""
    letters: MessageQuerySet = Message.objects.filter(kind__in=LETTERS)
    return letters.exclude(kind="invitation_reminder", state=Message.State.CANCELLED)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Queryset words of invitations; each state is computed, none is stored."""

    def unanswered(self) -> "InvitationQuerySet":
        """Neither accepted, declined nor revoked; open or expired."""
        return self.filter(_UNANSWERED)

    def pending(self) -> "InvitationQuerySet":
        """Can be accepted now, provided the sender may still invite."""
        return self.in_state(Invitation.State.PENDING)

    def expired(self) -> "InvitationQuerySet":
        return self.in_state(Invitation.State.EXPIRED)

    def accepted(self) -> "InvitationQuerySet":
        return self.in_state(Invitation.State.ACCEPTED)

    def declined(self) -> "InvitationQuerySet":
        return self.in_state(Invitation.State.DECLINED)

    def revoked(self) -> "InvitationQuerySet":
        return self.in_state(Invitation.State.REVOKED)

    def in_state(self, state: str) -> "InvitationQuerySet":
        return self.filter(_conditions()[Invitation.State(state)])

    def from_valid_senders(self) -> "InvitationQuerySet":
        """An invitation is only as good as its sender: active and still an administrator."""
        return self.filter(sender_may_invite())

    def without_valid_sender(self) -> "InvitationQuerySet":
        """Their links open nothing until somebody who may invite sends them again."""
        return self.filter(~sender_may_invite())

    def with_sender_check(self) -> "InvitationQuerySet":
        """Each row knows ``sender_may_invite``, for lists that mark those that lost their sender."""
        return self.annotate(sender_may_invite=sender_may_invite())

    def admitted(self) -> "InvitationQuerySet":
        """Those that came through no shared link, or through one that is on and has a place left."""
        admitting = InviteLink.objects.admitting().filter(pk=OuterRef("invite_link"))
        return self.filter(Q(invite_link=None) | Exists(admitting))

    def with_failed_letter(self) -> "InvitationQuerySet":
        """Those whose newest letter was given up or came back."""
        failed = [Message.State.FAILED, Message.State.BOUNCED]
        return self.annotate(letter_state=_newest_letter("state")).filter(letter_state__in=failed)

    def due_for_reminder(self, days: Iterable[int]) -> "InvitationQuerySet":
        """Unanswered ones whose letter was taken so many ``days`` ago, and has not failed since.

        Two reminders are a day apart at least. Only people whom somebody invited: what a stranger
        typed behind a shared link gets one letter.
        """
        now = timezone.now()
        passed = Q(pk=None)
        for number, day in enumerate(days):
            passed |= Q(reminders_sent__lte=number, sent_at__lte=now - timedelta(days=day))
        return (
            self.pending()
            .from_valid_senders()
            .filter(passed, invite_link=None, expires_at__gt=now + REMINDER_LEAVES)
            .exclude(Exists(User.objects.filter(email=OuterRef("email"))))
            .filter(Q(reminded_at=None) | Q(reminded_at__lte=now - timedelta(days=1)))
            .annotate(
                letter_state=_newest_letter("state"), complained=_newest_letter("complained_at")
            )
            .filter(letter_state=Message.State.SENT, complained=None)
        )

    def ended_unused(self) -> "InvitationQuerySet":
        """Ended lately without an answer, and nobody was told yet. Nobody invited those of shared links."""
        since = timezone.now() - UNUSED_NEWS
        unused = self.expired().filter(expires_at__gt=since, unused_told_at=None)
        return unused.filter(invite_link=None)

    def matching(self, fragment: str) -> "InvitationQuerySet":
        """Name or address contains each word of ``fragment``."""
        found = self
        for word in fragment.split():
            # SQLite folds the case of ASCII only, so other letters are tried as names begin.
            found = found.filter(
                Q(email__icontains=word)
                | Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(first_name__icontains=word.capitalize())
                | Q(last_name__icontains=word.capitalize())
            )
        return found


_UNANSWERED = Q(accepted_at=None, declined_at=None, revoked_at=None)


def _conditions() -> "dict[Invitation.State, Q]":
    """What each state means to the database; ``Invitation.state`` says the same of one row."""
    now = timezone.now()
    return {
        Invitation.State.PENDING: _UNANSWERED & Q(expires_at__gt=now),
        Invitation.State.ACCEPTED: Q(accepted_at__isnull=False),
        Invitation.State.EXPIRED: _UNANSWERED & Q(expires_at__lte=now),
        Invitation.State.REVOKED: Q(revoked_at__isnull=False),
        Invitation.State.DECLINED: Q(declined_at__isnull=False),
    }


def _newest_letter(field: str) -> Subquery:
    letters = letters_with_link().filter(reference=OuterRef("public_id"))
    return Subquery(letters.order_by("-pk").values(field)[:1])


class Invitation(models.Model):
    """A link by mail that lets one address become a user.

    The row keeps nonce and digest; the token is derived from them and the server's key
    (``base.tokens``), so a copy of the database opens nothing.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACCEPTED = "accepted", _("Accepted")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")
        DECLINED = "declined", _("Declined")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("email address"), max_length=254)
    first_name = models.CharField(_("first name"), max_length=100)
    # Empty where only an address was known; the person says it when they accept.
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    message = models.TextField(
        _("personal note"), blank=True, max_length=2000, validators=[MaxLengthValidator(2000)]
    )
    # Of the letters to the person, and of the person once they accept.
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    roles = models.ManyToManyField(Role, related_name="+")
    package = models.ForeignKey(
        Package, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    # Where it came from, if the person asked for it through a shared link.
    invite_link = models.ForeignKey(
        InviteLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    # Kept by name, so that the list can say who invited after the sender is gone.
    sender = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations_sent"
    )
    sender_name = models.CharField(max_length=201)
    # The sender's authority_epoch at sending: after a block or a demotion it differs for good.
    sender_epoch = models.PositiveIntegerField(default=1)
    validity = models.DurationField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    times_sent = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The link was fetched for the first time; mail scanners fetch too.
    opened_at = models.DateTimeField(null=True, blank=True)
    # Those that passed unnoticed, while nothing ran, count as sent: they are made up for by one.
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    # Its sender was told that it ended unused.
    unused_told_at = models.DateTimeField(null=True, blank=True)
    nonce = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    # The id of the key that its token is derived under (base.secret_keys).
    signing_key = models.CharField(
        max_length=MAX_IDS_LENGTH, default=signing_key_id, editable=False
    )
    user = models.OneToOneField(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitation"
    )

    objects: ClassVar = InvitationQuerySet.as_manager()
    audit_kind = "invitation"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_at=None, declined_at=None, revoked_at=None),
                name="invitations_one_unanswered_per_address",
            ),
            models.CheckConstraint(
                condition=(
                    Q(accepted_at=None, declined_at=None)
                    | Q(accepted_at=None, revoked_at=None)
                    | Q(declined_at=None, revoked_at=None)
                ),
                name="invitations_one_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["-sent_at", "-id"], name="invitations_newest"),
            models.Index(fields=["expires_at"], name="invitations_by_end"),
            # What the day's limit counts.
            models.Index(
                fields=["created_at"],
                condition=Q(invite_link=None),
                name="invitations_by_administrators",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.email}"

    @property
    def state(self) -> State:
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.declined_at:
            return self.State.DECLINED
        if self.revoked_at:
            return self.State.REVOKED
        return self.State.PENDING if self.expires_at > timezone.now() else self.State.EXPIRED

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    @property
    def is_admitted(self) -> bool:
        """The shared link it came through, if any, lets it be accepted; ``admitted`` says it in SQL."""
        return self.invite_link is None or self.invite_link.is_admitting

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()

    @property
    def avatar_color(self) -> int:
        """As of users: fixed for an invitation, unrelated to whom it is for."""
        return self.public_id.int % 6

    @property
    def ended_at(self) -> datetime:
        """When it was answered or withdrawn; of an unanswered one, when its link ends."""
        return self.accepted_at or self.declined_at or self.revoked_at or self.expires_at

    @property
    def can_be_sent_again(self) -> bool:
        return self.state in {self.State.PENDING, self.State.EXPIRED}

    @property
    def audit_label(self) -> str:
        return f"{self.full_name} <{self.email}>"


class ReplacedToken(models.Model):
    """The digest of a link that a newer letter replaced, so that its bearer is told so."""

    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="replaced_tokens"
    )
    digest = models.CharField(max_length=64, unique=True)
    # Sent to an address that was not the person's: its bearer learns nothing more.
    address_corrected = models.BooleanField(default=False)
    replaced_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"replaced link of {self.invitation_id}"
