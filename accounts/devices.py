"""Known devices: browsers that signed in to an account before.

A signed cookie set at sign-in. Guesses from unknown devices are limited for the account as a
whole; the owner's own browser is not, so guessing cannot lock the owner out (SECURITY promise 9).
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

SALT = "accounts.devices"
MAX_AGE = 365 * 24 * 3600


def cookie_name() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def is_known(request: HttpRequest, user: User | None) -> bool:
    """Whether this browser signed in as ``user`` before and the password is still the same."""
    if user is None:
        return False
    try:
        seen: dict[str, Any] = signing.loads(
            request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=MAX_AGE
        )
    except signing.BadSignature:
        return False
    return seen.get(str(user.public_id)) == user.security_epoch


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Note in the browser that ``user`` signed in here; the last five people are kept."""
    try:
        seen = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        seen = {}
    seen.pop(str(user.public_id), None)
    kept = dict(list(seen.items())[-4:]) | {str(user.public_id): user.security_epoch}
    response.set_cookie(
        cookie_name(),
        signing.dumps(kept, salt=SALT),
        max_age=MAX_AGE,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )
