"""The settings that administrators change while the service runs; everything else is environment."""

from datetime import timedelta
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

# The journal names the service by a fixed id: there is one.
SERVICE_ID = UUID("00000000-0000-0000-0000-000000000001")


class Service(models.Model):
    """One row: how the service presents itself, and its defaults."""

    name = models.CharField(_("service name"), max_length=60, default="Harbour APIs")
    support_address = models.EmailField(_("support address"), max_length=254, blank=True)
    invitation_days = models.PositiveSmallIntegerField(_("invitations are valid for"), default=7)

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
