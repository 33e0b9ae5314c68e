"""Whether letters leave: what pages say before somebody writes one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from mail.models import Outage

# Letters that wait are tried once an hour at least. An outage that nobody met for longer than that
# may be over: there was no letter to notice.
MET_WITHIN = timedelta(hours=2)
_KEPT_HERE = ("django_mail_preview.", "django.core.mail.backends.filebased.")


class Condition(StrEnum):
    WORKING = "working"
    # In the local inbox or a folder: nothing leaves this machine, and all is well with that.
    KEPT = "kept"
    FAILING = "failing"
    OFF = "off"


@dataclass(frozen=True)
class MailStatus:
    """``since`` and ``answer``, the server's own words, are of a failing server."""

    condition: Condition
    since: datetime | None = None
    answer: str = ""

    @property
    def is_working(self) -> bool:
        """A letter written now would arrive where this service sends its letters."""
        return self.condition in {Condition.WORKING, Condition.KEPT}


def mail_status() -> MailStatus:
    """As far as the newest letters have shown."""
    condition = condition_by_setting()
    if condition is not Condition.WORKING:
        return MailStatus(condition)
    outage = Outage.objects.filter(met_at__gte=timezone.now() - MET_WITHIN).first()
    if outage is not None:
        return MailStatus(Condition.FAILING, since=outage.since, answer=outage.answer)
    return MailStatus(condition)


def condition_by_setting() -> Condition:
    """What ``APIM_MAIL_URL`` means, without asking how it goes."""
    if settings.MAIL_IS_OFF:
        return Condition.OFF
    kept = settings.MAILERS["default"]["BACKEND"].startswith(_KEPT_HERE)
    return Condition.KEPT if kept else Condition.WORKING
