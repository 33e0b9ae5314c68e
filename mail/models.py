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

from mail.letters import title_of


class MessageQuerySet(models.QuerySet["Message"]):
    """Queryset words of the outbox."""

    def due(self) -> "MessageQuerySet":
        """Waiting letters whose time has come, and letters whose sender died (lease over)."""
        now = timezone.now()
        return self.filter(
            Q(state=Message.State.QUEUED, not_before__lte=now)
            | Q(state=Message.State.SENDING, leased_until__lt=now)
        )

    def waiting(self) -> "MessageQuerySet":
        """Neither sent nor given up; some for a later try."""
        return self.filter(state__in=[Message.State.QUEUED, Message.State.SENDING])

    def in_group(self, group: str) -> "MessageQuerySet":
        """What the outbox shows under one tab: a state, those being sent among the waiting."""
        if group == Message.State.QUEUED:
            return self.waiting()
        return self.filter(state=group)

    def matching(self, fragment: str) -> "MessageQuerySet":
        """The address contains each word, or the Message-ID is it, with or without its brackets."""
        found = self
        for word in fragment.split():
            message_id = f"<{word.strip('<>')}>"
            found = found.filter(Q(to__contains=word.lower()) | Q(message_id=message_id))
        return found

    def oldest_due(self) -> "Message | None":
        """The letter that has waited longest of those that could leave now or were tried."""
        now = timezone.now()
        late = self.waiting().filter(Q(not_before__lte=now) | Q(first_tried_at__isnull=False))
        return late.order_by("created_at", "pk").first()

    def about(self, reference: uuid.UUID) -> "MessageQuerySet":
        """Letters about one thing (an invitation, a user), newest first."""
        return self.filter(reference=reference).order_by("-id")

    def has_newer(self, message: "Message") -> bool:
        """Whether a later letter of the same kind about the same thing left or will leave."""
        later = self.about(message.reference).filter(kind=message.kind, pk__gt=message.pk)
        over = [Message.State.FAILED, Message.State.CANCELLED]
        return later.exclude(state__in=over).exists()

    def latest_by_reference(self, references: Iterable[uuid.UUID]) -> "dict[uuid.UUID, Message]":
        """The newest of these letters about each thing of a list page, in one query."""
        about = self.filter(reference__in=list(references))
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
        # The server took it and sent it back later.
        BOUNCED = "bounced", _("Bounced")
        # Written while there was no mail server; leaves when somebody says so.
        HELD = "held", _("Held back")
        CANCELLED = "cancelled", _("Cancelled")

    class Priority(models.IntegerChoices):
        # Somebody waits for this one: a password link, one invitation.
        SINGLE = 0
        # One of many: an import, a bulk invite, reminders.
        BULK = 1

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
    # Also in the database: a process of the release before may queue during an upgrade.
    priority = models.PositiveSmallIntegerField(
        choices=Priority, default=Priority.SINGLE, db_default=Priority.SINGLE
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    # Giving up counts from here: a worker that stood still is not the letter's fault.
    first_tried_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    # The mail server's last words about this letter, or why it never reached the server.
    answer = models.TextField(blank=True)
    # What the provider calls it, for its reports. SMTP servers report nothing.
    provider_id = models.CharField(max_length=255, blank=True, db_index=True)
    # What the provider reported later, each the first time.
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = MessageQuerySet.as_manager()
    audit_kind = "message"

    class Meta:
        indexes = [
            # What goes next (mail.delivery), without reading what was sent or waits for later. The
            # few that are being sent are found by their state.
            models.Index(
                fields=["priority", "not_before", "id"],
                name="mail_queued",
                condition=Q(state="queued"),
            ),
            models.Index(fields=["reference", "-id"], name="mail_by_reference"),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index(fields=["to", "-id"], name="mail_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"

    @property
    def audit_label(self) -> str:
        return str(self)

    @property
    def is_abandoned(self) -> bool:
        """Its sender died: the lease is over."""
        return self.leased_until is not None and self.leased_until < timezone.now()

    @property
    def can_be_sent_again(self) -> bool:
        return self.state not in {self.State.SENT, self.State.SENDING}

    @property
    def can_be_cancelled(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.HELD}

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
            self.State.CANCELLED: gettext("Not sent: it was stopped or no longer wanted."),
            self.State.BOUNCED: gettext("It came back: %(answer)s"),
            self.State.HELD: gettext("Held back: there was no mail server."),
            self.State.FAILED: gettext("The mail server refused it: %(answer)s")
            if was_refused
            else gettext("It was not sent: %(answer)s"),
        }
        if self.state not in sentences:
            # Another release's word: nothing is known but the word.
            return self.state
        moment = self.sent_at or self.not_before
        return sentences[self.State(self.state)] % {"time": _short(moment), "answer": self.answer}


class Report(models.Model):
    """One thing a provider reported about a letter; kept so that a repeated report changes nothing."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reports")
    # The provider and its own number of the report, or a digest of what it says where it has none.
    provider = models.CharField(max_length=40)
    event_id = models.CharField(max_length=255)
    # anymail's normalized words: delivered, bounced, deferred, rejected, complained, opened, ...
    kind = models.CharField(max_length=20)
    # The receiving server's own words.
    answer = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="mail_report_once")
        ]
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"

    @property
    def words(self) -> str:
        """What was reported, for people; the provider's own word where we have none."""
        return {
            "queued": gettext("The provider has it in its queue"),
            "sent": gettext("Handed to the receiving server"),
            "delivered": gettext("Delivered to the mailbox"),
            "deferred": gettext("The receiving server asked to wait"),
            "bounced": gettext("It came back"),
            "rejected": gettext("The provider refused to send it"),
            "failed": gettext("The provider could not send it"),
            "complained": gettext("The reader marked it as spam"),
            "opened": gettext("Opened by the reader"),
        }.get(self.kind, self.kind)


class Pace(models.Model):
    """One row: when the next letter may leave (``mail.pace``)."""

    next_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="mail_one_pace")]

    def __str__(self) -> str:
        return f"next letter at {self.next_at}"


class Outage(models.Model):
    """One row while the mail server takes no letter at all; gone with the first that it answers for."""

    since = models.DateTimeField(default=timezone.now)
    # The newest attempt that met it.
    met_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="mail_one_outage")]

    def __str__(self) -> str:
        return self.answer

    @classmethod
    def meet(cls, answer: str) -> None:
        """An attempt met it, for the first time or again."""
        now = timezone.now()
        cls.objects.update_or_create(
            pk=1,
            defaults={"met_at": now, "answer": answer},
            create_defaults={"since": now, "met_at": now, "answer": answer},
        )

    @classmethod
    def end(cls) -> None:
        """The server answered for a letter; quiet when there was no outage."""
        cls.objects.all().delete()


class Wording(models.Model):
    """An edited letter, one row a version; the newest of a letter and language is what is sent.

    Data, not code: see ``mail.wording`` for the few words of template language it may hold. A
    version without text is the original again.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # By name, not by key: mail knows no users.
    author_id = models.UUIDField(null=True, blank=True)
    author_label = models.CharField(max_length=300, blank=True)

    audit_kind = "letter"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language", "version"], name="mail_one_wording_per_version"
            )
        ]

    def __str__(self) -> str:
        return self.audit_label

    @property
    def audit_label(self) -> str:
        return f"{title_of(self.kind)} ({self.language})"


def _short(moment: datetime) -> str:
    """The time for today, day and time for any other day."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "TIME_FORMAT" if is_today else "DATETIME_FORMAT")
