"""What callers and gateways read when the check refuses: statuses, bodies, headers.

By default the two sentences and the exact JSON of Azure API Management, so that nobody learns from
outside whether a key exists, is suspended or belongs to a blocked person. A setting of the service
says the true reason instead. With ``Accept: application/problem+json`` the body is RFC 9457's.
"""

import json
from typing import NamedTuple

from catalog.access.rule import STEP_OF, Reason

Headers = list[tuple[str, str]]

KEY_HEADER = "Ocp-Apim-Subscription-Key"
# What Azure API Management says of every key that is no good.
INVALID = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
STATUS_LINES = {
    200: "200 OK",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    503: "503 Service Unavailable",
}
JSON = "application/json"
PROBLEM = "application/problem+json"


class Response(NamedTuple):
    """An answer before it is written out."""

    status: int
    headers: Headers
    body: bytes


def sentence_for(reason: Reason, *, explains: bool) -> str:
    """What the caller is told."""
    step = STEP_OF[reason]
    return step.to_caller if explains or step.is_public else INVALID


def refusal(
    reason: Reason, *, explains: bool, reference: str, realm: str, accept: str, as_403: bool
) -> Response:
    """401 for what a good key would cure, 403 for a path without an API.

    ``as_403`` serves gateways that know no other refusal. The body also travels in a header,
    because nginx throws the body of a subrequest away.
    """
    status = 401 if STEP_OF[reason].is_about_key and not as_403 else 403
    message = sentence_for(reason, explains=explains)
    if PROBLEM in accept.lower():
        kind = PROBLEM
        problem = {
            "type": "about:blank",
            "title": STATUS_LINES[status][4:],
            "status": status,
            "detail": message,
            "reference": reference,
        }
        body = json.dumps(problem | ({"reason": str(reason)} if explains else {}))
    else:
        kind, body = JSON, azure_body(status, message)
    headers = [
        ("Content-Type", kind),
        ("X-Refusal-Reference", reference),
        ("X-Refusal-Type", kind),
        ("X-Refusal-Body", body),
        ("Cache-Control", "no-store"),
    ]
    if status == 401:
        challenge = f'AzureApiManagementKey realm="{realm}",name="{KEY_HEADER}",type="header"'
        headers.append(("WWW-Authenticate", challenge))
    return Response(status, headers, body.encode())


def azure_body(status: int, message: str) -> str:
    """The exact shape, spaces included, that clients of Azure API Management parse."""
    return f'{{ "statusCode": {status}, "message": {json.dumps(message)} }}'


def problem(status: int, detail: str, *extra: tuple[str, str]) -> Response:
    """RFC 9457, for gateways and for the machine room: these are nobody's missing key."""
    title = STATUS_LINES[status][4:]
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    headers = [("Content-Type", PROBLEM), ("Cache-Control", "no-store"), *extra]
    return Response(status, headers, body.encode())
