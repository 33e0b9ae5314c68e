"""What every template may use: icons, ages, states, the current query with changes, the theme."""

import datetime as dt
from functools import cache

import segno
from django import template
from django.template.context import Context
from django.template.defaulttags import querystring
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from heroicons.templatetags.heroicons import heroicon_micro, heroicon_mini, heroicon_outline

register = template.Library()

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"

# Which mood a state is shown in, and its word where the page gives none.
STATES = {
    "active": ("good", _("Active")),
    "blocked": ("bad", _("Blocked")),
    "pending": ("wait", _("Pending")),
    "accepted": ("good", _("Accepted")),
    "expired": ("mute", _("Expired")),
    "revoked": ("mute", _("Revoked")),
    "declined": ("mute", _("Declined")),
    "open": ("good", _("Open")),
    "off": ("mute", _("Off")),
    "sender_gone": ("bad", _("Sender gone")),
    "ended": ("mute", _("Ended")),
    "full": ("wait", _("Full")),
    "queued": ("wait", _("Queued")),
    "sending": ("wait", _("Sending")),
    "sent": ("good", _("Sent")),
    "delivered": ("good", _("Delivered")),
    "opened": ("good", _("Opened")),
    "failed": ("bad", _("Failed")),
    "bounced": ("bad", _("Bounced")),
    "complained": ("bad", _("Marked as spam")),
    "held": ("wait", _("Held back")),
    "cancelled": ("mute", _("Cancelled")),
    "original": ("mute", _("Original")),
    "edited": ("good", _("Edited")),
    "faulty": ("wait", _("Needs a look")),
    "unusable": ("bad", _("Original sent instead")),
    "mapping": ("wait", _("Columns to choose")),
    "checking": ("wait", _("Checking")),
    "checked": ("wait", _("Ready to start")),
    "running": ("wait", _("Running")),
    "finished": ("good", _("Finished")),
    "new": ("mute", _("Not checked yet")),
    "ready": ("good", _("Ready")),
    "problem": ("bad", _("Problem")),
    "dropped": ("mute", _("Left out")),
    "done": ("good", _("Done")),
    "submitted": ("wait", _("Waiting for approval")),
    "suspended": ("bad", _("Suspended")),
    "rejected": ("mute", _("Rejected")),
    "published": ("good", _("Published")),
    "unpublished": ("mute", _("Unpublished")),
}

MINUTE, HOUR, DAY, MONTH, YEAR = 60, 3600, 86400, 30 * 86400, 365 * 86400

ICON_STYLES = {"outline": heroicon_outline, "mini": heroicon_mini, "micro": heroicon_micro}

# `{% query_with state="blocked" cursor=None %}`: the current query string with changes.
register.simple_tag(querystring, takes_context=True, name="query_with")


@register.simple_tag
def icon(name: str, *, size: int = 20, style: str = "outline") -> SafeString:
    """A heroicon, hidden from screen readers: the words stand beside it or on its button.

    ``style`` is outline, mini (filled, for buttons) or micro.
    """
    return _drawn(name, size, style)


@cache
def _drawn(name: str, size: int, style: str) -> SafeString:
    """Once per process: the package copies and writes the XML anew, 45 us for each of dozens."""
    return SafeString(ICON_STYLES[style](name, size=size, **{"class": "icon"}))


@register.filter
def age(value: dt.datetime | None) -> str:
    """How long ago, or in how long, in one unit: "3 hours ago", "in 5 days", "Never"."""
    if value is None:
        return gettext("Never")
    seconds = int((timezone.now() - value).total_seconds())
    if abs(seconds) < MINUTE:
        return gettext("Just now")
    if seconds < 0:
        return gettext("in %(length)s") % {"length": _length(_rounded(-seconds))}
    return gettext("%(length)s ago") % {"length": _length(seconds)}


def _rounded(seconds: int) -> int:
    """To the nearest unit: a link made for 7 days ends "in 7 days" a moment later, not in 6."""
    unit = next((unit for unit in (YEAR, MONTH, DAY, HOUR) if seconds >= unit), MINUTE)
    return round(seconds / unit) * unit


def _length(seconds: int) -> str:
    if seconds < HOUR:
        return gettext("%(count)s min") % {"count": seconds // MINUTE}
    if seconds < DAY:
        count = seconds // HOUR
        return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}
    if seconds < MONTH:
        count = seconds // DAY
        return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}
    if seconds < YEAR:
        count = seconds // MONTH
        return ngettext("%(count)s month", "%(count)s months", count) % {"count": count}
    count = seconds // YEAR
    return ngettext("%(count)s year", "%(count)s years", count) % {"count": count}


@register.filter
def state_mood(state: str) -> str:
    """The colour a state is shown in: good, bad, wait or mute.

    A state that only another release knows has its stored word and no colour of its own.
    """
    return STATES[str(state)][0] if str(state) in STATES else "mute"


@register.filter
def state_label(state: str) -> str:
    return str(STATES[str(state)][1] if str(state) in STATES else state)


@register.simple_tag
def qr_code(text: str) -> SafeString:
    """A picture of the text for a telephone's camera, dark on white in every theme."""
    code = segno.make(text, error="m", micro=False)
    drawing = code.svg_inline(
        border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr-code", lineclass=None
    )
    # Lines and numbers: the text is drawn, not quoted.
    return SafeString(drawing)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The theme this browser chose; "system" until it chooses."""
    request = context.get("request")
    chosen = request.COOKIES.get(THEME_COOKIE, "") if request else ""
    return chosen if chosen in THEMES else "system"


@register.inclusion_tag("components/theme_choice.html", takes_context=True)
def theme_choice(context: Context) -> dict[str, object]:
    """The form that switches between light, dark and the system's choice."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "current": theme(context),
        "choices": [
            ("light", "sun", gettext("Light")),
            ("dark", "moon", gettext("Dark")),
            ("system", "computer-desktop", gettext("System")),
        ],
    }
