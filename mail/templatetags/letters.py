"""Filters of the letters."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

register = template.Library()


@register.filter
def moment(value: datetime) -> str:
    """Day, time and the name of the zone: "30 November 2026 at 21:50 UTC".

    A reader cannot know which zone a letter means, so it is always named.
    """
    zone = timezone.get_current_timezone_name()
    local = timezone.localtime(value)
    return gettext("%(day)s at %(time)s %(zone)s") % {
        "day": date_format(local, gettext("j F Y")),
        "time": date_format(local, "H:i"),
        "zone": zone if zone == "UTC" else f"({zone})",
    }
