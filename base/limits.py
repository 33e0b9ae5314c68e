"""What is refused before anybody reads it: bodies, queries and methods that no view asked for.

Everything here answers with a page of its own (base.errors) rather than with an exception, so that
it is the same with APIM_DEBUG=1 as without.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import parse_header_parameters

from base.doors import FORM, ask_to_sign_in
from base.errors import BUTTON, WORDS, error_page, malformed_status

GetResponse = Callable[[HttpRequest], HttpResponse]
WSGIApplication = Callable[[dict[str, Any], Any], Any]

# Longer addresses than this meet proxies that refuse them too.
MAX_QUERY = 4 * 1024
# What one value of a query may hold. Pages repeat it in many links.
MAX_VALUE = 300
MAX_VALUES = {"next": 2048, "cursor": 2048}
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}


def with_readable_content_type(application: WSGIApplication) -> WSGIApplication:
    """Takes away a content type that Django cannot even make a request of; what is left is no form."""

    def readable(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            environ["CONTENT_TYPE"] = ""
        return application(environ, start_response)

    return readable


class RequestLimitsMiddleware:
    """Refuses hosts, queries and bodies that no page takes, unread."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        status = _status_of_host(request) or _status_of_query(request)
        if status is None and request.method == "POST" and _is_form(request):
            # Django decodes a form as its sender says, with any codec that Python has.
            charset = request.content_params.get("charset", "utf-8")  # type: ignore[union-attr]
            status = None if charset.lower() == "utf-8" else 400
        return error_page(request, status) if status else self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if _is_sent_by_nobody(request, view):
            # Nor is what they sent read, however much it is.
            return ask_to_sign_in(request)
        status = _status_of_length(request, getattr(view, "body_limit", FORM))
        if status is None and _is_read_before_its_view(request, view):
            status = _status_of_form(request)
        return error_page(request, status) if status else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A body that only its view began to read."""
        status = malformed_status(exception)
        return error_page(request, status) if status else None


class MethodNotAllowedMiddleware:
    """Answers 405 where the mark of the view (base.doors) does not name the method.

    Before the forgery protection, which knows no more methods than we do. A GET or POST that a door
    for signed-in people does not take is refused behind that door, by its mark.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and (response.streaming or not response.content):
            return method_not_allowed(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        methods = getattr(view, "methods", ("GET", "HEAD", "POST"))
        is_open = getattr(view, "door", None) == "open"
        if request.method in methods:
            return None
        if request.method in {"GET", "HEAD", "POST"} and not is_open:
            return None
        return _not_allowed(request, ", ".join(methods))


def method_not_allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The page for a bare 405, with that response's headers: the address may be a private link."""
    page = _not_allowed(request, response.headers.get("Allow", ""))
    for name, value in response.items():
        if name not in {"Content-Type", "Content-Length"}:
            page.headers[name] = value
    page.cookies = response.cookies
    return page


def _not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    words = BUTTON if request.method in {"GET", "HEAD"} else WORDS[405]
    return error_page(request, 405, words=words, headers={"Allow": allowed})


def _status_of_host(request: HttpRequest) -> int | None:
    """Probes are asked for by whatever name or number finds them, everything else by ours."""
    if request.path in settings.PATHS_UNDER_ANY_HOST:
        # Nobody is signed in there, so that no probe asks the database who this is.
        request.META.pop("HTTP_COOKIE", None)
        request.META["HTTP_HOST"] = urlsplit(settings.PUBLIC_URL).netloc.rpartition("@")[2]
    try:
        request.get_host()
    except DisallowedHost:
        return 400
    return None


def _status_of_query(request: HttpRequest) -> int | None:
    raw = request.META.get("QUERY_STRING", "")
    if len(raw) > MAX_QUERY:
        request.GET = QueryDict()
        return 414
    try:
        query = QueryDict(raw.encode("latin-1", "replace"), encoding="utf-8")
    except (SuspiciousOperation, ValueError):
        request.GET = QueryDict()
        return 400
    request.GET = query
    if any(len(value) > _longest(name) for name, values in query.lists() for value in values):
        _cut(request)
    return None


def _longest(name: str) -> int:
    return MAX_VALUES.get(name, MAX_VALUE)


def _cut(request: HttpRequest) -> None:
    """In the address too: links back to this page repeat it as it is."""
    query = request.GET.copy()
    for name, values in query.lists():
        query.setlist(name, [value[: _longest(name)] for value in values])
    request.META["QUERY_STRING"] = query.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"], encoding="utf-8")


def _status_of_length(request: HttpRequest, limit: int) -> int | None:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 400
    if length > limit:
        return 413
    # Without a length nobody knows where to stop; Django would take the body for an empty one.
    return 411 if not length and "HTTP_TRANSFER_ENCODING" in request.META else None


def _is_sent_by_nobody(request: HttpRequest, view: Any) -> bool:
    """A form for people signed in, without a session; what a session is worth is asked later."""
    return (
        request.method == "POST"
        and getattr(view, "door", "open") != "open"
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )


def _is_form(request: HttpRequest) -> bool:
    return request.content_type in FORM_TYPES


def _is_read_before_its_view(request: HttpRequest, view: Any) -> bool:
    """The forgery protection looks for its token in the body, where there is a cookie to match."""
    return (
        request.method == "POST"
        and _is_form(request)
        and not getattr(view, "csrf_exempt", False)
        and settings.CSRF_COOKIE_NAME in request.COOKIES
    )


def _status_of_form(request: HttpRequest) -> int | None:
    try:
        request.POST  # noqa: B018 - reading it is what parses the body
    except (LookupError, ValueError):
        # Codecs and lengths that headers inside the body made up.
        return 400
    except Exception as error:
        status = malformed_status(error)
        if status is None:
            raise
        return status
    return None
