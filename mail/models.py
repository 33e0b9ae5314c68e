"""The outbox: one row a letter, written in the transaction of the change it tells of."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet["Message"]):
    """Queryset words of the outbox."""

    def due(self) -> "MessageQuerySet":
        """Waiting letters whose time has come, and letters whose sender died (lease over)."""
        now = timezone.now()
        return self.filter(
            Q(state=Message.State.QUEUED, not_before__lte=now)
            | Q(state=Message.State.SENDING, leased_until__lt=now)
        )

    def about(self, reference: uuid.UUID) -> "MessageQuerySet":
        """Letters about one thing (an invitation, a user), newest first."""
        return self.filter(reference=reference).order_by("-id")

    def has_newer(self, message: "Message") -> bool:
        """Whether a later letter of the same kind about the same thing left or will leave."""
        later = self.about(message.reference).filter(kind=message.kind, pk__gt=message.pk)
        over = [Message.State.FAILED, Message.State.CANCELLED]
        return later.exclude(state__in=over).exists()

    def latest_by_reference(
        self, references: Iterable[uuid.UUID], kind: str = "invitation"
    ) -> "dict[uuid.UUID, Message]":
        """The newest letter of one kind about each thing of a list page, in one query."""
        about = self.filter(reference__in=list(references), kind=kind)
        newest = about.order_by().values("reference").annotate(newest=Max("pk")).values("newest")
        return {message.reference: message for message in self.filter(pk__in=newest)}


class Message(models.Model):
    """A letter to one address.

    Holds no body and no link: both are made at delivery from ``reference``, so that a stolen
    database contains nothing to click on, and a letter that is no longer wanted is never sent.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The letter's name: templates/mail/<kind>.subject.txt, .txt, .html
    kind = models.CharField(max_length=40)
    to = models.CharField(max_length=254)
    # public_id of what the letter is about; its room registered how to render it.
    reference = models.UUIDField()
    # Facts the letter needs that its subject no longer knows. Never a secret.
    data = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=10, default="en")
    # Fixed at creation: a duplicate after a crash is one message to the reader's program.
    message_id = models.CharField(max_length=255, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    # Giving up counts from here: a worker that stood still is not the letter's fault.
    first_tried_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    # The mail server's last words about this letter, or why it never reached the server.
    answer = models.TextField(blank=True)

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="mail_waiting",
                condition=Q(state__in=["queued", "sending"]),
            ),
            models.Index(fields=["reference", "-id"], name="mail_by_reference"),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"

    @property
    def is_waiting(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.SENDING}

    @property
    def will_be_retried(self) -> bool:
        """Held up by the mail server, and not given up."""
        return self.state == self.State.QUEUED and bool(self.answer)

    @property
    def what_happened(self) -> str:
        """One sentence for people, in the viewer's language and time zone."""
        # A mail server's answer begins with its code, such as 550.
        was_refused = self.answer[:3].isdigit()
        sentences = {
            self.State.QUEUED: gettext("Will be tried again at %(time)s: %(answer)s")
            if self.answer
            else gettext("Waiting to be sent."),
            self.State.SENDING: gettext("Being sent now."),
            self.State.SENT: gettext("Sent at %(time)s."),
            self.State.CANCELLED: gettext("Not sent: it was no longer wanted."),
            self.State.FAILED: gettext("The mail server refused it: %(answer)s")
            if was_refused
            else gettext("It was not sent: %(answer)s"),
        }
        moment = self.sent_at or self.not_before
        return sentences[self.State(self.state)] % {"time": _short(moment), "answer": self.answer}


def _short(moment: datetime) -> str:
    """The time for today, day and time for any other day."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "TIME_FORMAT" if is_today else "DATETIME_FORMAT")
