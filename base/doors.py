"""Who may pass. Every view carries exactly one of these marks; a test walks all addresses.

``SignInFirst`` closes every unmarked view to visitors, so forgetting a mark fails
closed, and ``tests/test_doors.py`` fails loudly.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from base.links import is_local_path

View = Callable[..., HttpResponseBase]
Door = Literal["open", "signed in", "administrators"]

# Session key: when the session came back after CONSOLE_IDLE_SECONDS of silence
# (accounts.middleware). Kept, so that asking a second time does not open the door.
WOKE_AT = "woke_at"


class NotAnAdministrator(PermissionDenied):
    """Somebody signed in asked for the console (recorded by accounts.middleware)."""


class SignInFirst(LoginRequiredMiddleware):
    """Leads visitors to the sign-in page."""

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponseRedirect:
        return _ask("account_login", request)


def open_to_all(view: View) -> View:
    """Visitors may pass."""
    return _marked(login_not_required(view), "open")


def signed_in_only(view: View) -> View:
    """Any active user may pass (held by SignInFirst)."""
    return _marked(view, "signed in")


def administrators_only(view: View) -> View:
    """Active members of Administrators may pass, if they signed in recently enough.

    Answers 403 to other users. A console left alone for ``CONSOLE_IDLE_SECONDS``, or whose last
    password is older than ``CONSOLE_SIGN_IN_SECONDS``, asks for the password again.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated:
            return _ask("account_login", request)
        if not user.is_administrator:
            raise NotAnAdministrator
        if password_age(request) > min(settings.CONSOLE_SIGN_IN_SECONDS, _awake_for(request)):
            return _ask("account_reauthenticate", request)
        return view(request, *args, **kwargs)

    return _marked(door, "administrators")


def recent_password_required(view: View) -> View:
    """The password was given within ``ACCOUNT_REAUTHENTICATION_TIMEOUT``; else it is asked again.

    For what cannot be undone. Sits under the mark of the door itself.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if password_age(request) > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return _ask("account_reauthenticate", request)
        return view(request, *args, **kwargs)

    return door


def password_age(request: HttpRequest) -> float:
    """Seconds since this session last proved who it is; endless when it never did."""
    records = get_authentication_records(request, request.user)
    return time.time() - records[-1]["at"] if records else float("inf")


def _awake_for(request: HttpRequest) -> float:
    """Seconds since this session came back from a long silence; endless when it never slept."""
    woke_at = request.session.get(WOKE_AT)
    return time.time() - woke_at if woke_at else float("inf")


def _ask(ceremony: str, request: HttpRequest) -> HttpResponseRedirect:
    """Who are you? And then back: to the page asked for, or to the one with the pressed button.

    The ceremony's page says that the button did nothing. By the address, because a message would
    give every visitor a session.
    """
    if request.method in {"GET", "HEAD"}:
        query = {"next": request.get_full_path()}
    else:
        query = {"next": _page_of_the_button(request), "undone": "1"}
    return redirect(f"{reverse(ceremony)}?{urlencode(query, safe='/')}")


def _page_of_the_button(request: HttpRequest) -> str:
    """The page of ours that sent this form; where the browser does not say, its face's start."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        page = urlsplit(referer)
        path = f"{page.path}?{page.query}" if page.query else page.path
        if is_local_path(path):
            return path
    console = reverse("console:overview")
    return console if request.path.startswith(console) else reverse("portal:home")


def _marked(view: View, door: Door) -> View:
    view.door = door  # type: ignore[attr-defined]
    return view
