"""The settings that administrators change while the service runs; everything else is environment."""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# The journal names the service by a fixed id: there is one.
SERVICE_ID = UUID("00000000-0000-0000-0000-000000000001")


def default_reminder_days() -> list[int]:
    """After 2 and 5 days."""
    return [2, 5]


def check_reminder_days(days: list[int]) -> None:
    """Raise ValidationError unless they are up to three days from 1 to 30, one after the other."""
    if len(days) > 3 or days != sorted(set(days)) or not all(1 <= day <= 30 for day in days):
        raise ValidationError(
            _("Give up to three days from 1 to 30, the earliest first, for example 2, 5."),
            code="reminder_days",
        )


class Service(models.Model):
    """One row: how the service presents itself, and its defaults."""

    name = models.CharField(_("service name"), max_length=60, default="Harbour APIs")
    support_address = models.EmailField(_("support address"), max_length=254, blank=True)
    # Tell callers why the check refuses them; otherwise they read Azure's two neutral sentences.
    explain_refusals = models.BooleanField(_("explain refused calls"), default=False)
    invitation_days = models.PositiveSmallIntegerField(_("invitations are valid for"), default=7)
    # Sent by administrators in any 24 hours: one that was taken over writes to so many strangers.
    invitations_per_day = models.PositiveIntegerField(
        _("invitations a day"),
        default=10_000,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
    )
    # Days after the letter on which an unanswered invitation is sent a reminder; empty: none.
    reminder_days = models.JSONField(
        _("reminders"),
        default=default_reminder_days,
        blank=True,
        validators=[check_reminder_days],
    )
    # Tell senders of invitations that ended unused.
    tell_unused = models.BooleanField(_("tell of unused invitations"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="service_one_row"),
            models.CheckConstraint(
                condition=models.Q(invitation_days__gte=1, invitation_days__lte=90),
                name="service_invitation_days_1_to_90",
            ),
        ]

    audit_kind = "service"

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> UUID:
        return SERVICE_ID

    @property
    def audit_label(self) -> str:
        return self.name

    @property
    def invitation_validity(self) -> timedelta:
        return timedelta(days=self.invitation_days)


def current_service() -> Service:
    """The settings as they are now, or the defaults while nobody has saved any."""
    return Service.objects.filter(pk=1).first() or Service(pk=1)
