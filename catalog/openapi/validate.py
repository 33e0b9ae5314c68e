"""Whether an OpenAPI document is valid, and where it is not. What may never end is left to a process
that does (``catalog.openapi.faults``)."""

import json
import logging
import subprocess
import sys
from importlib.resources import files
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.openapi.parse import Path, parse_document
from catalog.openapi.schemas import pointed

logger = logging.getLogger("catalog.openapi")

MAX_MESSAGES = 20
# The largest documents take a few.
MAX_SECONDS = 15
_FAULTS = str(files("catalog.openapi") / "faults.py")


def validate_openapi(text: str) -> None:
    """Raise ValidationError with up to 20 sentences, each with its line, unless it is valid 3.0 or 3.1."""
    document, lines = parse_document(text)
    version = str(document.get("openapi", ""))
    if version[:3] not in {"3.0", "3.1"}:
        hint = _("It says swagger 2.0: convert it.") if "swagger" in document else ""
        raise ValidationError(
            _("Line 1: the document must begin with openapi: 3.0.x or 3.1.x.") + " " + hint,
            code="openapi_version",
        )
    _refuse_bad_references(document, lines)
    found = _found_in(document)
    messages = [_sentence(fault, lines) for fault in found["faults"]]
    if found["failure"] and len(messages) < MAX_MESSAGES:
        told = _("Line 1: the document cannot be read: %(error)s")
        messages.append(told % {"error": found["failure"]})
    if messages:
        raise ValidationError([ValidationError(text, code="openapi") for text in messages])


def _sentence(fault: dict[str, Any], lines: dict[Path, int]) -> str:
    where = tuple(fault["where"])
    words = ".".join(str(part) for part in where) or _("document")
    return _with_line(lines, where, f"{words}: {fault['words']}")


def _found_in(document: dict[str, Any]) -> dict[str, Any]:
    """What ``find_faults`` says, from a process that may be ended."""
    command = [sys.executable, "-P", _FAULTS]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, the document goes in as data
            command,
            input=json.dumps(document).encode(),
            capture_output=True,
            timeout=MAX_SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        logger.warning("An OpenAPI document could not be checked: %s", error)
        raise ValidationError(
            _(
                "Line 1: the document takes too much time or memory to check. Simplify its patterns, or schemas that lead to each other many times."
            ),
            code="openapi_time",
        ) from None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _refuse_bad_references(document: Any, lines: dict[Path, int]) -> None:
    """Those that lead out of the document, and those that lead nowhere in it."""
    pending: list[tuple[Path, Any]] = [((), document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and pointed(document, reference) is None:
                text = (
                    _("nothing stands at %(reference)s") % {"reference": reference[:200]}
                    if reference.startswith("#/")
                    else _("$ref must lead inside the document and begin with #/")
                )
                where = (*path, "$ref")
                raise ValidationError(_with_line(lines, where, text), code="openapi_reference")
            pending += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            pending += [((*path, index), item) for index, item in enumerate(value)]


def _with_line(lines: dict[Path, int], path: Path, text: str) -> str:
    """With the line of the nearest part that is written down."""
    while path and path not in lines:
        path = path[:-1]
    return _("Line %(line)d: %(text)s") % {"line": lines.get(path, 1), "text": text}
