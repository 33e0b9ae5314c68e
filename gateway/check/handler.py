"""``/gateway/authorize``: may this call pass? A bare WSGI callable, below all middleware.

A gateway sends its secret and what it was asked: nginx ``X-Original-Method`` and
``X-Original-URI``, Caddy and Traefik ``X-Forwarded-Method`` and ``X-Forwarded-Uri``, Envoy the
original path behind ours. With ``X-Gateway-Api`` it names the API whose route it took. 200 with every identity header, 401 or 403; 503 when the truth cannot be
read, so that the gateway refuses. Never a redirect, no session, no cookie.
"""

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from base.clients import client_address
from catalog.access.rule import Reason
from gateway.check import usage
from gateway.check.paths import canonical_path, has_key_in_it, without_keys
from gateway.check.query import Answer, DatabaseUnavailable, ask
from gateway.check.references import new_reference
from gateway.check.responses import (
    STATUS_LINES,
    Headers,
    Response,
    problem,
    refusal,
)

logger = logging.getLogger("gateway.check")

Environ = dict[str, Any]
StartResponse = Callable[[str, Headers], Any]

ADDRESS = "/gateway/authorize"
_METHOD = re.compile(r"[A-Z]{1,20}")
# Where gateways other than Envoy say what they were asked.
_TOLD_IN = [
    ("HTTP_X_ORIGINAL_METHOD", "HTTP_X_ORIGINAL_URI"),
    ("HTTP_X_FORWARDED_METHOD", "HTTP_X_FORWARDED_URI"),
]
_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)
# What _encoded leaves alone; asking costs a fraction of encoding.
_PLAIN = re.compile(r"[A-Za-z0-9 @.+_~-]*")


def check(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI callable of the check."""
    return respond(fail_closed(_check, environ), start_response)


def check_locally(environ: Environ, method: str, target: str) -> tuple[Answer | None, Response]:
    """The check of a call to an API that this service answers itself: no gateway, the same rule.

    The answer is None where nothing was looked up.
    """
    # Nobody vouches for what the caller says of its address, unless it is one of our proxies.
    remote = environ.get("REMOTE_ADDR", "")
    address = client_address(remote, environ.get("HTTP_X_FORWARDED_FOR", ""))
    return _decide(environ, method=method, target=target, secret="", address=_parsed(address))


def _check(environ: Environ) -> Response:
    secret = environ.get("HTTP_X_GATEWAY_SECRET", "")
    if not secret:
        return problem(
            403,
            "The gateway did not prove itself. Let it send X-Gateway-Secret with the secret it was given in the console.",
        )
    told = _told(environ)
    if told is None:
        return problem(
            403,
            "The gateway did not say which method and path it was asked for. Use the configuration from the console.",
        )
    _answer, response = _decide(
        environ, method=told[0], target=told[1], secret=secret, address=_address(environ)
    )
    return response


def _decide(
    environ: Environ, *, method: str, target: str, secret: str, address: str | None
) -> tuple[Answer | None, Response]:
    path = canonical_path(target)
    if path is None or not _METHOD.fullmatch(method):
        return None, problem(
            403,
            "The path is written in a way that two servers could read differently. Write it without dot segments, double slashes, backslashes, semicolons and needless escapes.",
        )
    in_address = has_key_in_it(target)
    key, key_given = ("", False) if in_address else _key(environ)
    now = datetime.now(UTC)
    answer = ask(secret=secret, key=key, key_given=key_given, path=path, at=now)
    if secret and not answer.gateway_pk:
        return None, problem(
            403, "This gateway is not registered, or its secret has ended. See the console."
        )
    # Its routes are as old as its configuration: decided would be about one API, served another.
    routed = environ.get("HTTP_X_GATEWAY_API", "") if secret else ""
    if routed and answer.api_slug not in {routed, ""}:
        return None, problem(
            403,
            "The gateway sends this path to another API than the catalog says. Render its configuration again and load it.",
        )
    if in_address and answer.reason is None:
        # An open API asks for no key, but this one is in the back end's log if it passes.
        answer = answer._replace(reason=Reason.KEY_MISSING)
    if answer.reason is None:
        usage.count_passed(answer, at=now, address=address)
        return answer, Response(200, identity(answer), b"")
    reference = new_reference()
    kept = without_keys(path) if in_address else path
    usage.count_refused(
        answer, at=now, address=address, reference=reference, method=method, path=kept
    )
    return answer, refusal(
        answer.reason,
        explains=answer.explains,
        reference=reference,
        realm=f"{_host(environ)}{answer.api_prefix}",
        accept=environ.get("HTTP_ACCEPT", ""),
        # Behind our own address the query is the gateway's, elsewhere the caller's.
        as_403=environ.get("PATH_INFO") == ADDRESS
        and "deny=403" in environ.get("QUERY_STRING", "").split("&"),
    )


def identity(answer: Answer) -> Headers:
    """Who calls, for the back end. Always all of them: a header left out would let the caller's
    own pass through the gateway (Caddy GHSA-7r4p-vjf4-gxv4, Traefik CVE-2026-35051).

    Values are percent-encoded UTF-8, names of roles joined by commas.
    """
    name = f"{answer.first_name} {answer.last_name}".strip()
    return [
        ("X-User-Id", answer.user_id),
        ("X-User-Email", _encoded(answer.email)),
        ("X-User-Name", _encoded(name)),
        ("X-User-Roles", ",".join(_encoded(role) for role in answer.roles)),
        ("X-Subscription-Id", answer.subscription_id),
        ("X-Product", answer.product),
        ("X-Api", answer.api_slug),
        ("Cache-Control", "no-store"),
    ]


def _encoded(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else quote(value, safe=" @.+-_")


def _told(environ: Environ) -> tuple[str, str] | None:
    """Method and request target as the gateway was asked for them; None if it does not say."""
    told = {(environ.get(method, ""), environ.get(target, "")) for method, target in _TOLD_IN}
    path = environ.get("PATH_INFO", "")
    if path != ADDRESS:
        told.add((environ.get("REQUEST_METHOD", ""), _envoy_target(environ, path)))
    told.discard(("", ""))
    if len(told) != 1:
        return None
    method, target = told.pop()
    return (method, target) if method and target else None


def _envoy_target(environ: Environ, path: str) -> str:
    """WSGI hands the path over decoded. Encoded again it is canonical, except that an escaped
    slash has become a plain one: the rendered Envoy configuration refuses those first."""
    target = quote(path.removeprefix(ADDRESS).encode("latin-1"), safe="/-._~!$&'()*+,=:@;\\")
    query = environ.get("QUERY_STRING", "")
    return f"{target}?{query}" if query else target


def _key(environ: Environ) -> tuple[str, bool]:
    """The key that the call carries, and whether it carries one at all.

    Two that differ are no good key.
    """
    header = environ.get("HTTP_OCP_APIM_SUBSCRIPTION_KEY", "").strip()
    authorization = environ.get("HTTP_AUTHORIZATION")
    bearer = _BEARER.fullmatch(authorization) if authorization else None
    token = bearer[1] if bearer else ""
    if header and token and header != token:
        return "", True
    return header or token, bool(header or token)


def _address(environ: Environ) -> str | None:
    """The caller's address as the gateway saw it: what it appended last."""
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return _parsed(forwarded or environ.get("HTTP_X_REAL_IP", "") or environ.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> str | None:
    # Without the zone of a link-local address, which PostgreSQL's inet does not take.
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _host(environ: Environ) -> str:
    host = environ.get("HTTP_X_FORWARDED_HOST") or environ.get("HTTP_HOST", "")
    return re.sub(r"[^A-Za-z0-9.:\[\]-]", "", host)[:255]


def fail_closed(answer: Callable[[Environ], Response], environ: Environ) -> Response:
    """Fail closed: whatever goes wrong, no gateway reads it as leave to pass."""
    try:
        return answer(environ)
    except DatabaseUnavailable as error:
        logger.error("The check cannot read the database: %s", error)
    except Exception:
        logger.exception("The check failed")
    return problem(503, "Access cannot be decided at the moment. Try again.", ("Retry-After", "1"))


def respond(response: Response, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*response.headers, ("Content-Length", str(len(response.body)))]
    start_response(STATUS_LINES[response.status], headers)
    return [response.body]
