"""The addresses of machines, answered below all middleware."""

from collections.abc import Callable, Iterable
from typing import Any

from gateway import echo
from gateway.answers import problem
from gateway.check import ADDRESS, Environ, StartResponse, check, written

# Any: Django's handler answers with a response of its own, which is iterable.
WSGIApplication = Callable[[Environ, Any], Any]


def in_front_of(application: WSGIApplication) -> WSGIApplication:
    """``application``, with the check and the sample API answered before it."""

    def front(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path == ADDRESS or path.startswith(f"{ADDRESS}/"):
            return check(environ, start_response)
        if path == echo.PREFIX or path.startswith(f"{echo.PREFIX}/"):
            return echo.echo(environ, start_response)
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return front


def _nothing_else(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    return written(problem(404, f"Only {ADDRESS} and {echo.PREFIX} are here."), start_response)


application = in_front_of(_nothing_else)
