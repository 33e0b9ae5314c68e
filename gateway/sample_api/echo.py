"""``/echo/...``: the sample API. It answers with the call as a back end would see it.

Behind the same rule as every other API, without a gateway in between: a newcomer sees a call pass
and a block refuse it as soon as the service runs.
"""

import json
from collections.abc import Iterable
from urllib.parse import quote

from base import admission
from gateway.check.handler import (
    Environ,
    StartResponse,
    check_locally,
    fail_closed,
    identity,
    respond,
)
from gateway.check.responses import Response, problem

PREFIX = "/echo"
MAX_BODY = 64 * 1024
# What a gateway keeps from a back end.
_SECRET = {"HTTP_OCP_APIM_SUBSCRIPTION_KEY", "HTTP_AUTHORIZATION", "HTTP_COOKIE"}
_OURS = {"HTTP_X_GATEWAY_SECRET", "HTTP_X_GATEWAY_API"}


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI callable of the Echo API."""
    return respond(fail_closed(_echo, environ), start_response)


def _echo(environ: Environ) -> Response:
    path = environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "")
    target = quote(path.encode("latin-1"), safe="/-._~!$&'()*+,=:@;\\")
    method = environ["REQUEST_METHOD"]
    answer, response = check_locally(environ, method, f"{target}?{query}" if query else target)
    if answer is None or response.status != 200:
        return with_security_headers(response)
    try:
        body = _body(environ)
    except admission.Busy:
        return with_security_headers(problem(503, admission.BUSY, admission.RETRY_AFTER))
    if body is None:
        return with_security_headers(
            problem(413, f"The Echo API takes bodies up to {MAX_BODY} bytes.")
        )
    seen = {
        "method": method,
        "path": target.removeprefix(PREFIX) or "/",
        "query": query,
        "headers": _headers(environ) | dict(identity(answer)[:-1]),
        "body": body,
    }
    text = json.dumps(seen, indent=2, ensure_ascii=False) + "\n"
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return with_security_headers(Response(200, headers, text.encode("utf-8", "replace")))


def _headers(environ: Environ) -> dict[str, str]:
    """Without the key, and without what only a gateway may say of the caller."""
    told = {
        name[5:].replace("_", "-").title(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in _SECRET | _OURS
    }
    if environ.get("CONTENT_TYPE"):
        told["Content-Type"] = environ["CONTENT_TYPE"]
    return dict(sorted(told.items()))


def _body(environ: Environ) -> str | None:
    """The body as text; None if it is too long. Raises Busy."""
    if not admission.has_body(environ):
        return ""
    admission.watch_body(environ)
    with admission.places.place():
        body: bytes = environ["wsgi.input"].read(MAX_BODY + 1)
    return None if len(body) > MAX_BODY else body.decode("utf-8", "replace")


def with_security_headers(response: Response) -> Response:
    """It stands beside the portal: nothing it says may run as a page of it."""
    armour = [
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    return response._replace(headers=[*response.headers, *armour])
