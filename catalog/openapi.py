"""OpenAPI documents as administrators hand them in: hostile until read.

Nothing is fetched: references lead inside the document or are refused. Anchors, which can blow a
small YAML document up to gigabytes, are refused too. What may never end is left to a process that does.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from yaml.constructor import SafeConstructor

from catalog.schemas import pointed

logger = logging.getLogger("catalog.openapi")

MOST_MESSAGES = 20
MOST_DEPTH = 60
# The largest documents take a few.
MOST_SECONDS = 15
_FAULTS = str(files("catalog") / "openapi_faults.py")
# Ten times as fast where libyaml is there.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Path = tuple[str | int, ...]


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
    if found["failure"] and len(messages) < MOST_MESSAGES:
        told = _("Line 1: the document cannot be read: %(error)s")
        messages.append(told % {"error": found["failure"]})
    if messages:
        raise ValidationError([ValidationError(text, code="openapi") for text in messages])


def _sentence(fault: dict[str, Any], lines: dict[Path, int]) -> str:
    where = tuple(fault["where"])
    words = ".".join(str(part) for part in where) or _("document")
    return _told(lines, where, f"{words}: {fault['words']}")


def _found_in(document: dict[str, Any]) -> dict[str, Any]:
    """What ``find_faults`` says, from a process that may be ended."""
    command = [sys.executable, "-P", _FAULTS]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, the document goes in as data
            command,
            input=json.dumps(document).encode(),
            capture_output=True,
            timeout=MOST_SECONDS,
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


def parse_document(text: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """The document and the line of each of its parts. JSON is read as YAML, which contains it."""
    try:
        for event in _events(text):
            if isinstance(event, yaml.AliasEvent):
                raise ValidationError(
                    _("Line %(line)d: write the document without YAML anchors and aliases.")
                    % {"line": event.start_mark.line + 1 if event.start_mark else 1},
                    code="openapi_alias",
                )
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValidationError(
            _("Line %(line)d: %(problem)s") % {"line": line, "problem": error.problem or error},
            code="openapi_syntax",
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise ValidationError(
            _("Line 1: the document is neither JSON nor YAML."), code="openapi_syntax"
        ) from None
    lines: dict[Path, int] = {}
    document = _value(node, (), lines)
    if not isinstance(document, dict):
        raise ValidationError(
            _("Line 1: the document must be an object with openapi, info and paths."),
            code="openapi_shape",
        )
    return document, lines


def _events(text: str) -> Iterator[Any]:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise ValidationError(
                _("Line %(line)d: the document is nested too deeply.")
                % {"line": event.start_mark.line + 1 if event.start_mark else 1},
                code="openapi_depth",
            )
        yield event


def _value(node: Any, path: Path, lines: dict[Path, int]) -> Any:
    """A node as plain JSON values, with the line where each begins."""
    if node is None:
        return None
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found = {}
        for key_node, value_node in node.value:
            # Status codes are numbers in YAML and words in OpenAPI.
            key = str(getattr(key_node, "value", ""))
            if key in found:
                raise ValidationError(
                    _("Line %(line)d: %(key)s stands here twice.")
                    % {"line": key_node.start_mark.line + 1, "key": key},
                    code="openapi_twice",
                )
            found[key] = _value(value_node, (*path, key), lines)
            # Where a reader looks for it: at its name.
            lines[*path, key] = key_node.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines) for index, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    """Dates and other YAML inventions stay the words they are: JSON has none of them.

    1:30 is ninety to YAML 1.1, and a long one would keep the process busy.
    """
    kind = node.tag.rpartition(":")[2]
    if kind in {"null", "bool", "int", "float"} and ":" not in node.value:
        try:
            value = SafeConstructor().construct_object(node)
            json.dumps(value, allow_nan=False)
        except (ValueError, LookupError, yaml.YAMLError):
            # "!!bool zz" and the like.
            return node.value
        return value
    return node.value


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
                raise ValidationError(_told(lines, where, text), code="openapi_reference")
            pending += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            pending += [((*path, index), item) for index, item in enumerate(value)]


def _told(lines: dict[Path, int], path: Path, text: str) -> str:
    """With the line of the nearest part that is written down."""
    while path and path not in lines:
        path = path[:-1]
    return _("Line %(line)d: %(text)s") % {"line": lines.get(path, 1), "text": text}
