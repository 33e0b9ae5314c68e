"""Pages for requests that went wrong. None of them reads the request's body.

Most stand alone: they need no database, no session and no sign-in, so that they can say that one of
these is away. Those that keep the portal's bar say so in ``_WITH_BAR``. A program that prefers JSON
reads the same words as ``application/problem+json`` (RFC 9457).
"""

import logging
import math
import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from base.authority import ActorMayNotAct
from base.failures import Failure, failure_of, reports

logger = logging.getLogger(__name__)

# Title and sentence of each status.
WORDS = {
    400: (
        _("This request cannot be answered"),
        _("Something in it was malformed. Go back and try again."),
    ),
    403: (
        _("You may not open this page"),
        _(
            "The management console is for members of the Administrators role. "
            "Ask an administrator if you need it."
        ),
    ),
    404: (
        _("There is no page here"),
        _("The address may be mistyped, or what was here has been removed."),
    ),
    405: (
        _("This address does not do that"),
        _("It does not know the method of this request."),
    ),
    411: (
        _("This request does not say how long it is"),
        _("Send it again with a Content-Length header."),
    ),
    413: (
        _("This is too large"),
        _("What you sent is larger than this page accepts. Nothing was saved."),
    ),
    414: (
        _("This address is too long"),
        _("Shorten the search and try again."),
    ),
    429: (_("Too many attempts"), _("Wait a few minutes and try again.")),
    500: (
        _("Something went wrong here"),
        _("It is our fault, not yours, and it has been logged. Try again in a moment."),
    ),
    503: (
        _("The service is not available right now"),
        _("It is our fault, not yours. Try again in a minute."),
    ),
    507: (
        _("This could not be saved"),
        _("The service has no room left. Nothing was changed. Tell the people who run it."),
    ),
}
LOST_AUTHORITY = (
    _("You may no longer do this"),
    _("You lost the permission after you opened the page. Nothing was changed."),
)
BUTTON = (
    _("This address belongs to a button"),
    _(
        "There is nothing to see here, and opening it did nothing. Go back to the page with the button."
    ),
)
BUSY = (
    _("The service is busy"),
    _("Nothing was saved. Wait a few seconds and try again."),
)
READ_ONLY = (
    _("This could not be saved"),
    _("The service can be read but not changed at the moment. Nothing was changed."),
)
# These are pages between other pages: with the portal's bar, and the way back.
_WITH_BAR = {403, 404, 405, 429}

# Seconds after which it makes sense to try again.
RETRY_AFTER = {Failure.UNAVAILABLE: 10, Failure.READ_ONLY: 30, Failure.FULL: 60, Failure.BUSY: 5}


def error_page(
    request: HttpRequest,
    status: int,
    *,
    words: tuple[Any, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """The page of a status. ``words`` are its title and sentence where the usual ones do not fit."""
    _leave_body_unread(request)
    title, lead = words or WORDS[status]
    response = (
        _problem(status, title, lead)
        if _prefers_json(request)
        else HttpResponse(_markup(request, status, title, lead), status=status)
    )
    add_never_cache_headers(response)
    # The address may be a private link, and perhaps no view was there to say so.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def unavailable(
    request: HttpRequest,
    *,
    retry_after: float,
    words: tuple[Any, Any] = BUSY,
    status: int = 503,
) -> HttpResponse:
    """Come back later: 503 with ``Retry-After``; needs neither database nor session."""
    return error_page(
        request, status, words=words, headers={"Retry-After": str(math.ceil(retry_after))}
    )


def failure_page(request: HttpRequest, failure: Failure) -> HttpResponse:
    """What a failure of the database or the disk looks like from outside."""
    words = {Failure.BUSY: BUSY, Failure.READ_ONLY: READ_ONLY, Failure.FULL: WORDS[507]}
    return unavailable(
        request,
        retry_after=RETRY_AFTER[failure],
        words=words.get(failure, WORDS[503]),
        status=507 if failure == Failure.FULL else 503,
    )


# --- Django's error handlers (apim.urls) ------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, malformed_status(exception) or 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, ActorMayNotAct):
        return error_page(request, 403, words=LOST_AUTHORITY)
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A failure beneath us has a page of its own (base.middleware.FailuresMiddleware)."""
    return error_page(request, 500)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """django-allauth's 429; base.retry_after knows when to come back."""
    return error_page(request, 429)


def malformed_status(error: BaseException | None) -> int | None:
    """400 or 413 where a body could not be read as a form; None for any other error."""
    if isinstance(error, RequestDataTooBig):
        return 413
    if isinstance(
        error, BadRequest | MultiPartParserError | SuspiciousOperation | UnreadablePostError
    ):
        return 400
    return None


def _note_failure(request: HttpRequest | None = None, **facts: Any) -> None:
    """Django turns an error into a response where it arises; this keeps what it was."""
    error = sys.exception()
    failure = failure_of(error)
    if request is not None and error is not None and failure is not None:
        request.failure = failure  # type: ignore[attr-defined]
        reports.say(failure, error)


got_request_exception.connect(_note_failure, dispatch_uid="base.errors")


def _leave_body_unread(request: HttpRequest) -> None:
    """Whatever asks for a form's fields from here on finds none, rather than a second error."""
    if not hasattr(request, "_post"):
        request._mark_post_parse_error()  # type: ignore[attr-defined]


def _prefers_json(request: HttpRequest) -> bool:
    try:
        wanted = request.get_preferred_type(
            ["text/html", "application/json", "application/problem+json"]
        )
    except (LookupError, ValueError):
        return False
    return wanted in {"application/json", "application/problem+json"}


def _problem(status: int, title: Any, detail: Any) -> HttpResponse:
    body = {"type": "about:blank", "title": str(title), "status": status, "detail": str(detail)}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _markup(request: HttpRequest, status: int, title: Any, lead: Any) -> str:
    """Without its style sheets rather than not at all, should even the page itself fail."""
    facts = {"title": title, "lead": lead}
    if status in _WITH_BAR:
        return render_to_string("errors/with_bar.html", facts, request)
    try:
        # Without context processors: they would ask who this is, and what the service is called.
        return render_to_string("errors/alone.html", facts | {"request": request})
    except Exception:
        logger.exception("The page of %s cannot be rendered.", HTTPStatus(status).phrase)
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
            f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>"
        )
