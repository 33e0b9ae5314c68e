"""Who may pass, how, and with how much. Every view carries exactly one of these marks.

Bare, a mark is that of a page with a form: GET shows it, POST sends it. ``methods=["GET"]`` marks a
page that only shows, ``methods=["POST"]`` a button; whatever else is asked is 405 with ``Allow``.
``body=`` is for what is larger than a form (base.limits).

``SignInFirst`` closes every unmarked view to visitors, so forgetting a mark fails
closed, and ``tests/test_doors.py`` fails loudly.
"""

import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, overload
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from base.links import is_local_path

View = Callable[..., HttpResponseBase]
Door = Literal["open", "signed in", "administrators"]

# Session key: when the session came back after CONSOLE_IDLE_SECONDS of silence
# (accounts.middleware). Kept, so that asking a second time does not open the door.
WOKE_AT = "woke_at"


KB, MB = 1024, 1024 * 1024
# What a page takes unless its mark says otherwise. From visitors less: fifty sign-ins at once with
# long passwords shall cost nothing.
VISITORS_FORM = 64 * KB
FORM = 256 * KB
LONG_TEXT = 1 * MB


class NotAnAdministrator(PermissionDenied):
    """Somebody signed in asked for the console (recorded by accounts.middleware)."""


class SignInFirst(LoginRequiredMiddleware):
    """Leads visitors to the sign-in page."""

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponseRedirect:
        return ask_to_sign_in(request)


class Mark:
    """A decorator, with or without arguments. ``guard`` answers in the view's place, or with None."""

    def __init__(
        self,
        door: Door,
        *,
        body: int,
        guard: Callable[[HttpRequest], HttpResponseBase | None] | None = None,
    ) -> None:
        self.door, self.body, self.guard = door, body, guard

    @overload
    def __call__(self, view: View, /) -> View: ...
    @overload
    def __call__(
        self, view: None = None, /, *, methods: Sequence[str] = ..., body: int | None = ...
    ) -> Callable[[View], View]: ...
    def __call__(
        self,
        view: View | None = None,
        /,
        *,
        methods: Sequence[str] = ("GET", "POST"),
        body: int | None = None,
    ) -> View | Callable[[View], View]:
        allowed = ("GET", "HEAD", *methods[1:]) if methods[0] == "GET" else tuple(methods)
        limit = body or self.body

        def mark(view: View) -> View:
            return self._marked(view, allowed, limit)

        return mark(view) if view else mark

    def _marked(self, view: View, methods: Sequence[str], body: int) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = self.guard(request) if self.guard else None
            if refusal is not None:
                return refusal
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(request, *args, **kwargs)

        door.door = self.door  # type: ignore[attr-defined]
        door.methods = methods  # type: ignore[attr-defined]
        door.body_limit = body  # type: ignore[attr-defined]
        return login_not_required(door) if self.door == "open" else door


def _refuse_all_but_administrators(request: HttpRequest) -> HttpResponseBase | None:
    """403 for other users. A console left alone for ``CONSOLE_IDLE_SECONDS``, or whose last
    password is older than ``CONSOLE_SIGN_IN_SECONDS``, asks for the password again.
    """
    user = request.user
    if not user.is_authenticated:
        return ask_to_sign_in(request)
    if not user.is_administrator:
        raise NotAnAdministrator
    if password_age(request) > min(settings.CONSOLE_SIGN_IN_SECONDS, _awake_for(request)):
        return _ask("account_reauthenticate", request)
    return None


# Visitors may pass.
open_to_all = Mark("open", body=VISITORS_FORM)
# Any active user may pass (held by SignInFirst).
signed_in_only = Mark("signed in", body=FORM)
# Active members of Administrators may pass, if they signed in recently enough.
administrators_only = Mark("administrators", body=FORM, guard=_refuse_all_but_administrators)


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


def ask_to_sign_in(request: HttpRequest, *, undone: bool = True) -> HttpResponseRedirect:
    """To the sign-in page, and from there back to where the request came from.

    ``undone`` is False where a button may have done its work before the session was missed.
    """
    return _ask("account_login", request, undone=undone)


def _ask(ceremony: str, request: HttpRequest, *, undone: bool = True) -> HttpResponseRedirect:
    """Who are you? And then back: to the page asked for, or to the one with the pressed button.

    The ceremony's page says that the button did nothing. By the address, because a message would
    give every visitor a session.
    """
    if request.method in {"GET", "HEAD"}:
        query = {"next": request.get_full_path()}
    else:
        query = {"next": _page_of_the_button(request)} | ({"undone": "1"} if undone else {})
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
