"""Registered gateways, what was counted of their calls, and the refusals of the last days."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.secret_keys import MAX_IDS_LENGTH, digest_key_id
from catalog.access.rule import Reason
from catalog.models import Key
from catalog.routes import validate_back_end

REFUSALS_KEPT = timedelta(days=7)
# A rotated secret may go on working this long, so that the gateway can be reloaded in peace.
MAX_SECRET_OVERLAP = timedelta(days=7)


class Gateway(models.Model):
    """A proxy that asks the check; known by its secret."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=300, unique=True, editable=False)
    # Where callers reach it, for curl lines and the try-it panel; empty while nobody said.
    public_address = models.CharField(
        _("public address"), max_length=500, blank=True, validators=[validate_back_end]
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Written by the flush, at most once a minute.
    last_asked_at = models.DateTimeField(null=True, blank=True)

    audit_kind = "gateway"

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        return self.name


class SecretQuerySet(models.QuerySet["Secret"]):
    """Queryset words of gateway secrets."""

    def live(self) -> "SecretQuerySet":
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))


class Secret(models.Model):
    """What a gateway proves itself with. Kept as a keyed hash; two while one replaces the other."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="secrets")
    prefix = models.CharField(max_length=24)
    digest = models.CharField(max_length=64, unique=True)
    # As of keys (catalog.models.Key).
    digest_key = models.CharField(max_length=MAX_IDS_LENGTH, default=digest_key_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    # Null: the present one.
    ends_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = SecretQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway"], condition=Q(ends_at=None), name="gateway_one_present_secret"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class CallCount(models.Model):
    """How many calls a key made on a day (UTC), by outcome. ``reason`` is empty for those that passed."""

    # Nothing the database holds to: who deletes a key must neither wait for the counting nor meet a
    # count that is just written. What is left behind goes with the next purge (gateway.jobs).
    key = models.ForeignKey(
        Key, on_delete=models.DO_NOTHING, related_name="call_counts", db_constraint=False
    )
    day = models.DateField()
    reason = models.CharField(max_length=30, choices=Reason, blank=True)
    calls = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "day", "reason"], name="gateway_one_count")
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day} {self.reason or 'passed'}: {self.calls}"


class Refusal(models.Model):
    """One refused call, found by the reference its caller was given; kept for REFUSALS_KEPT.

    Holds numbers, not foreign keys: it tells what was the case then, and must never slow a change.
    """

    reference = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=30, choices=Reason)
    method = models.CharField(max_length=20)
    # Without its query string, which may carry anything.
    path = models.CharField(max_length=500)
    address = models.GenericIPAddressField(null=True)
    # 0 where there was none: a call without a key, a path without an API, the service's own Echo API.
    gateway_pk = models.BigIntegerField(default=0)
    api_pk = models.BigIntegerField(default=0)
    key_pk = models.BigIntegerField(default=0)
    user_pk = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="gateway_refusals_by_age"),
            models.Index(fields=["user_pk", "at"], name="gateway_refusals_of_user"),
        ]

    def __str__(self) -> str:
        return self.reference
