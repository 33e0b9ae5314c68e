"""The addresses of machines, answered below all middleware."""

from collections.abc import Callable, Iterable
from typing import Any

from gateway.check.handler import ADDRESS, Environ, StartResponse, check, respond
from gateway.check.responses import Response, problem
from gateway.sample_api import echo

# Any: Django's handler answers with a response of its own, which is iterable.
WSGIApplication = Callable[[Environ, Any], Any]

# Whether the process answers, asking nothing of anything else: not even of Django's middleware.
LIVE = "/healthz/live"
_PROBE_HEADERS = [("Content-Type", "text/plain"), ("Cache-Control", "no-store")]


def dispatch(application: WSGIApplication) -> WSGIApplication:
    """``application``, with the check, the sample API and the probe of life answered before it."""

    def front(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path == ADDRESS or path.startswith(f"{ADDRESS}/"):
            return check(environ, start_response)
        if path == echo.PREFIX or path.startswith(f"{echo.PREFIX}/"):
            return echo.echo(environ, start_response)
        if path == LIVE:
            return respond(_live(environ["REQUEST_METHOD"]), start_response)
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return front


def _live(method: str) -> Response:
    if method not in {"GET", "HEAD"}:
        return problem(405, f"{LIVE} answers GET and HEAD.", ("Allow", "GET, HEAD"))
    return Response(200, _PROBE_HEADERS, b"ok")


def _nothing_else(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    return respond(
        problem(404, f"Only {ADDRESS}, {echo.PREFIX} and {LIVE} are here."), start_response
    )


application = dispatch(_nothing_else)
