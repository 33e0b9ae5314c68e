"""Invitations: people who are no users yet."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from mail.models import Message

MIN_VALIDITY = timedelta(hours=1)
MAX_VALIDITY = timedelta(days=90)
PURPOSE = "invitation"


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
        return self.filter(_sender_may_invite())

    def without_valid_sender(self) -> "InvitationQuerySet":
        """Their links open nothing until somebody who may invite sends them again."""
        return self.filter(~_sender_may_invite())

    def with_sender_check(self) -> "InvitationQuerySet":
        """Each row knows ``sender_may_invite``, for lists that mark those that lost their sender."""
        return self.annotate(sender_may_invite=_sender_may_invite())

    def with_failed_letter(self) -> "InvitationQuerySet":
        """Those whose newest letter was given up."""
        letters = Message.objects.filter(kind="invitation", reference=OuterRef("public_id"))
        newest = letters.order_by("-pk").values("state")[:1]
        return self.annotate(letter_state=Subquery(newest)).filter(
            letter_state=Message.State.FAILED
        )

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


def _sender_may_invite() -> Exists:
    return Exists(User.objects.administrators().filter(pk=OuterRef("sender")))


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
    last_name = models.CharField(_("last name"), max_length=100)
    message = models.TextField(
        _("personal note"), blank=True, max_length=2000, validators=[MaxLengthValidator(2000)]
    )
    roles = models.ManyToManyField(Role, related_name="+")
    # Kept by name, so that the list can say who invited after the sender is gone.
    sender = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations_sent"
    )
    sender_name = models.CharField(max_length=201)
    validity = models.DurationField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    times_sent = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    nonce = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
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
    replaced_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"replaced link of {self.invitation_id}"
