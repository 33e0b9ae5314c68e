"""OpenAPI documents as administrators hand them in: hostile until read.

Nothing is fetched: references lead inside the document or are refused. Anchors, which can blow a
small YAML document up to gigabytes, are refused too.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from yaml.constructor import SafeConstructor

MAX_DEPTH = 60
# Ten times as fast where libyaml is there.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Path = tuple[str | int, ...]


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
        if depth > MAX_DEPTH:
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
