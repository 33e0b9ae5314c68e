"""The theme switch: a cookie of this browser, not a setting of the account."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from base.doors import open_to_all
from base.links import is_local_path
from base.templatetags.ui import THEME_COOKIE, THEMES

ONE_YEAR = 365 * 24 * 3600


@open_to_all(methods=["POST"])
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or system, and go back to the page the button was on."""
    back = request.POST.get("next", "")
    if not is_local_path(back):
        back = "/"
    response = redirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=ONE_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
