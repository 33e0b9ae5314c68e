"""Sample calls of an operation, quoted so that a document cannot put words into a reader's shell."""

import json
import pprint
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from catalog.openapi.operations import JSON, Operation, Parameter, is_json, placeholders_of
from gateway.check.responses import KEY_HEADER


@dataclass(frozen=True)
class Samples:
    curl: str
    python: str


def samples_of(operation: Operation, address: str, *, key_needed: bool = True) -> Samples:
    """The operation called at ``address`` with the document's own examples; a value that it does
    not give stays a name in braces. The key comes from the environment, never from a page."""
    url = address + _target(operation)
    headers = {
        one.name: one.example or f"{{{one.name}}}"
        for one in operation.parameters
        if one.place == "header" and one.required
    }
    body = operation.body.example if operation.body else ""
    media_type = operation.body.media_type if operation.body and body else ""
    return Samples(
        curl_of(operation.method, url, headers, media_type, body, key_needed=key_needed),
        _python_of(operation.method, url, headers, media_type, body, key_needed=key_needed),
    )


def curl_of(
    method: str,
    url: str,
    headers: Mapping[str, str],
    media_type: str,
    body: str,
    *,
    key_needed: bool,
) -> str:
    """One command over several lines."""
    # With -X HEAD curl would wait for a body.
    verb = "--head" if method == "HEAD" else f"-X {method}"
    lines = [f"curl {verb} {shlex.quote(url)}"]
    if key_needed:
        lines.append(f'-H "{KEY_HEADER}: $APIM_KEY"')
    if media_type:
        lines.append(f"-H {shlex.quote(f'Content-Type: {media_type}')}")
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    if body:
        # With -d a body that begins with @ would be the name of a file to send.
        lines.append(f"--data-raw {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def _python_of(
    method: str,
    url: str,
    headers: Mapping[str, str],
    media_type: str,
    body: str,
    *,
    key_needed: bool,
) -> str:
    data = _data(media_type, body)
    given = [f"{KEY_HEADER!r}: os.environ['APIM_KEY']"] if key_needed else []
    # requests says itself that its json= is JSON.
    if media_type and not (media_type == JSON and data.startswith("json=")):
        given.append(f"{'Content-Type'!r}: {media_type!r}")
    given += [f"{name!r}: {value!r}" for name, value in headers.items()]
    lines = [
        f"{method!r},",
        f"{url!r},",
        *(["headers={", *(f"    {one}," for one in given), "},"] if given else []),
        *(f"{data},".split("\n") if data else []),
        "timeout=10,",
    ]
    arguments = "\n".join(f"    {line}" for line in lines)
    imports = "import os\n\nimport requests" if key_needed else "import requests"
    return f"{imports}\n\nanswer = requests.request(\n{arguments}\n)\nprint(answer.status_code, answer.text)"


def _data(media_type: str, body: str) -> str:
    """JSON as the Python value it is, anything else as the bytes that go out."""
    if not body:
        return ""
    if is_json(media_type):
        try:
            return f"json={pprint.pformat(json.loads(body), width=72, sort_dicts=False)}"
        except (ValueError, RecursionError):
            pass
    return f"data={body!r}.encode()"


def _target(operation: Operation) -> str:
    by_name = {one.name: one for one in operation.parameters if one.place == "path"}
    path = operation.path
    for name in placeholders_of(path):
        if by_name[name].example:
            path = path.replace(f"{{{name}}}", quote(by_name[name].example, safe=""))
    needed = [one for one in operation.parameters if one.place == "query" and one.required]
    query = "&".join(map(_pair, needed))
    return f"{path}?{query}" if query else path


def _pair(parameter: Parameter) -> str:
    if parameter.example:
        return urlencode({parameter.name: parameter.example}, quote_via=quote)
    return f"{quote(parameter.name, safe='')}={{{parameter.name}}}"
