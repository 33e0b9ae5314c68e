"""The journal. Append-only: triggers refuse UPDATE, DELETE, REPLACE and TRUNCATE on both databases."""

import uuid

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """Something that somebody did.

    Holds words, not foreign keys: it outlives what it tells of, and telling never stops a change.
    ``data`` never holds a secret.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    # noun.past, for example user.blocked
    action = models.CharField(max_length=60)
    # Nobody (null) is the system itself, or a visitor.
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=320, blank=True)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField(null=True)
    subject_label = models.CharField(max_length=320, blank=True)
    # The address the request came from, where there was a request.
    address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["actor_id", "-id"], name="audit_by_actor"),
            models.Index(fields=["subject_id", "-id"], name="audit_by_subject"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_label}"
