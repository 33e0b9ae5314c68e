"""How many invitations leave: a few of the same one, and so many a day."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.locks import Lock, take
from invitations.models import Invitation
from service.models import current_service

RESENDS = 5
RESENDS_WITHIN = timedelta(hours=1)
DAY = timedelta(days=1)


class InvitationNotUsable(ValidationError):
    """Answered, withdrawn, expired, replaced, or its sender may no longer invite."""

    def __init__(self, sentence: Any = None, code: str = "invitation_not_usable") -> None:
        super().__init__(sentence or _("This invitation can no longer be used."), code=code)


class ResentTooOften(InvitationNotUsable):
    """``opens_at`` is when it can be sent again."""

    def __init__(self, opens_at: datetime) -> None:
        self.opens_at = opens_at
        text = ngettext(
            "This invitation was sent again %(count)d time within an hour. You can send it again %(when)s.",
            "This invitation was sent again %(count)d times within an hour. You can send it again %(when)s.",
            RESENDS,
        )
        super().__init__(text % {"count": RESENDS, "when": _when(opens_at)}, "resent_too_often")


class DailyLimitReached(ValidationError):
    """``opens_at`` is when the next invitation can be sent."""

    def __init__(self, limit: int, opens_at: datetime) -> None:
        self.limit, self.opens_at = limit, opens_at
        text = ngettext(
            "The limit of %(limit)d invitation in 24 hours is reached. You can invite again %(when)s. The limit is under Settings.",
            "The limit of %(limit)d invitations in 24 hours is reached. You can invite again %(when)s. The limit is under Settings.",
            limit,
        )
        super().__init__(
            text % {"limit": limit, "when": _when(opens_at)}, code="daily_limit_reached"
        )


def refuse_frequent_resend(invitation: Invitation) -> None:
    """Raise ResentTooOften; call it under the invitation's lock. Each new link leaves a replaced one."""
    replaced = invitation.replaced_tokens.filter(replaced_at__gt=timezone.now() - RESENDS_WITHIN)
    moments = list(replaced.order_by("-replaced_at").values_list("replaced_at", flat=True))
    if len(moments) >= RESENDS:
        raise ResentTooOften(moments[RESENDS - 1] + RESENDS_WITHIN)


def left_today() -> tuple[int, DailyLimitReached | None]:
    """How many more may be invited now, and the refusal for those beyond.

    Takes turns with everybody who asks, until the transaction ends. Counts what administrators sent
    in the last 24 hours; what strangers ask for through a shared link has limits of its own.
    """
    take(Lock.INVITATIONS_OF_THE_DAY)
    limit = current_service().invitations_per_day
    sent = Invitation.objects.filter(invite_link=None, created_at__gt=timezone.now() - DAY)
    count = sent.count()
    if count < limit:
        return limit - count, None
    # When so many of them are a day old that one more fits.
    oldest = sent.order_by("-created_at").values_list("created_at", flat=True)[limit - 1]
    return 0, DailyLimitReached(limit, oldest + DAY)


def refuse_beyond_today() -> None:
    """Raise DailyLimitReached."""
    _left, refusal = left_today()
    if refusal is not None:
        raise refusal


def _when(moment: datetime) -> str:
    """In the reader's time zone: "at 14:05", or with its day where that is another."""
    local = timezone.localtime(moment) + timedelta(minutes=1)
    time = date_format(local, "TIME_FORMAT")
    if local.date() == timezone.localdate():
        return _("at %(time)s") % {"time": time}
    return _("on %(day)s at %(time)s") % {"day": date_format(local, "DATE_FORMAT"), "time": time}
