"""Known devices: browsers that signed in to an account before.

A signed cookie set at sign-in. Guesses from unknown devices are limited for the IP address and for
the account as a whole; the owner's own browser has limits of its own, so guessing cannot lock the
owner out (SECURITY promise 9), and a stolen cookie cannot guess without end.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from accounts.models import User

SALT = "accounts.devices"
MAX_AGE = 365 * 24 * 3600
# Of the cookies of earlier releases, which name no device: they share one budget.
UNNAMED = "unnamed"


def cookie_name() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def known_device(request: HttpRequest, user: User | None) -> str:
    """The id of this browser if it signed in as ``user`` before and the password is still the same.

    Empty for an unknown one. Each browser has an id for each account: whoever uses up the attempts
    of one shuts out no other.
    """
    if user is None:
        return ""
    epoch, device = _entry(_read(request), user)
    return device if epoch == user.security_epoch else ""


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Note in the browser that ``user`` signed in here; the last five people are kept."""
    seen = _read(request)
    # The same id again: signing in often makes no further budgets.
    device = known_device(request, user)
    if not device or device == UNNAMED:
        device = get_random_string(22)
    seen.pop(str(user.public_id), None)
    kept = dict(list(seen.items())[-4:]) | {str(user.public_id): [user.security_epoch, device]}
    response.set_cookie(
        cookie_name(),
        signing.dumps(kept, salt=SALT),
        max_age=MAX_AGE,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        seen: dict[str, Any] = signing.loads(
            request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=MAX_AGE
        )
    except signing.BadSignature:
        return {}
    return seen


def _entry(seen: dict[str, Any], user: User) -> tuple[int | None, str]:
    entry = seen.get(str(user.public_id))
    if isinstance(entry, list):
        return entry[0], entry[1]
    return entry, UNNAMED
