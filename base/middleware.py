"""What every request passes, whichever face it asks for."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from base.clients import client_address, is_trusted_proxy
from base.errors import error_page, failure_page
from base.failures import failure_of, reports

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

FORWARDED = [
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
]


class TrustedProxies:
    """Believes forwarded headers of configured proxies only, and removes all others."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        remote = request.META.get("REMOTE_ADDR", "")
        forwarded_for = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if is_trusted_proxy(remote):
            request.META["REMOTE_ADDR"] = client_address(remote, forwarded_for)
            request.META.pop("HTTP_X_FORWARDED_FOR", None)
        else:
            for header in FORWARDED:
                request.META.pop(header, None)
        return self.get_response(request)


class HtmxRedirects:
    """Turns a redirect into one that the page follows, not htmx's own request.

    So views redirect after success without knowing whether a dialog or a page posted the form.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.htmx and response.status_code in {301, 302, 303, 307}:  # type: ignore[attr-defined]
            client = HttpResponseClientRedirect(response["Location"])
            client.cookies = response.cookies
            return client
        return response


class FailuresMiddleware:
    """Says what failed where the database or the disk did, whichever layer met it first.

    Views hand their errors over; elsewhere Django has made a 500 of it by now, and base.errors kept
    what it was.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        failure = getattr(request, "failure", None)
        if failure is not None and response.status_code == 500:
            return failure_page(request, failure)
        if settings.DEBUG and response.status_code in {400, 404} and _is_djangos(response):
            # Whoever tries the service reads what everybody reads, with every header.
            return error_page(request, response.status_code)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        failure = failure_of(exception)
        if failure is None:
            return None
        request.failure = failure  # type: ignore[attr-defined]
        reports.say(failure, exception)
        return failure_page(request, failure)


def _is_djangos(response: HttpResponse) -> bool:
    """Whether it is one of Django's pages for debugging: they alone have no security policy."""
    return getattr(response, "_csp_config", None) == {}


class GoneMeanwhile:
    """Answers 404 where a row was deleted between the look of a view and the lock of its action.

    Somebody else was quicker, or a button was pressed twice. Logged: it may be a mistake of ours.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ObjectDoesNotExist):
            return None
        logger.warning("Gone meanwhile: %s", request.path, exc_info=exception)
        return error_page(request, 404)


class NoStore:
    """Pages made for somebody signed in are nobody else's: not in a proxy, not after sign-out."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
