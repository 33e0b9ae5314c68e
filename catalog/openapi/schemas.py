"""Schemas of an OpenAPI document as people read them: types in words, rows of fields, a sample value.

The document is hostile until shown: every walk is bounded, by depth, by rows and by values, so that
schemas which contain themselves, or fan out, cost no more than others. The bounds of the parts multiply
where many lead to one, so the whole has a bound too (``Document``).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _

MAX_ROWS = 120
MAX_PARTS = 40
MAX_DEPTH = 4
MAX_SAMPLE_VALUES = 300
MAX_CHOICES = 20
# Of a whole document: some 4 MB of page, and what operations without fields may take besides.
MAX_TOLD = 10_000
MAX_TOLD_BESIDES = 5_000
LETTERS_A_ROW = 200
# What a sample holds where the document gives no example.
_SAMPLES: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
_WORDS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "ada@example.org",
    "uuid": "6f1f64a4-3c8b-4d8a-9a53-0d4f2a3d1c11",
    "uri": "https://example.org/",
}
_LIMITS = [
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("exclusiveMaximum", "< {}"),
]


class Document:
    """A parsed document, and how much of it may still be told, counted in rows of a page.

    Past the bound fields and examples are left out, a good deal later whole operations.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self._left = MAX_TOLD

    def tell(self, *texts: str, rows: int = 1) -> bool:
        """Note what is told; whether fields and examples may still be."""
        self._left -= rows + sum(map(len, texts)) // LETTERS_A_ROW
        return self._left > 0

    @property
    def is_cut(self) -> bool:
        return self._left <= 0

    @property
    def is_over(self) -> bool:
        return self._left <= -MAX_TOLD_BESIDES


@dataclass(frozen=True)
class Field:
    """A parameter, or a part of a body; ``kind`` is its type in words, ``place`` as OpenAPI's ``in``.

    ``depth`` counts the fields around it, ``rules`` say which values are allowed.
    """

    name: str
    place: str
    kind: str
    required: bool
    description: str
    depth: int = 0
    rules: str = ""
    deprecated: bool = False


def resolved(document: Document, value: Any) -> dict[Any, Any]:
    """What a local reference leads to; a chain of them is followed a few steps only."""
    for _step in range(8):
        reference = mapping(value).get("$ref")
        if not isinstance(reference, str):
            break
        value = pointed(document.root, reference)
    return mapping(value)


def pointed(root: dict[str, Any], reference: str) -> Any:
    """What stands at ``#/...``; None for nothing, and for a way out of the document."""
    if not reference.startswith("#/"):
        return None
    value: Any = root
    for part in reference.removeprefix("#/").split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def kind_of(document: Document, schema: Any) -> str:
    """A type in words: "string (date-time)", "array of Order"."""
    found = mapping(schema)
    reference = found.get("$ref")
    if isinstance(reference, str):
        return reference.rpartition("/")[2]
    whole = listed(found.get("allOf"))
    if len(whole) == 1 and "type" not in found:
        # A reference with words of its own around it.
        return kind_of(document, whole[0])
    either = _either(found)
    if either and document.tell():
        kinds = [kind_of(document, one) for one in either[:MAX_CHOICES]]
        return _(" or ").join(dict.fromkeys(filter(None, kinds)))
    words = _(" or ").join(_types(found))
    if words == "array":
        return _("array of %(kind)s") % {"kind": kind_of(document, found.get("items")) or "…"}
    return f"{words} ({found['format']})" if found.get("format") else words


def rules_of(schema: dict[Any, Any]) -> str:
    """Which values are allowed, in short: "one of open, closed · default open"."""
    said = []
    choices = listed(schema.get("enum"))
    if choices:
        more = "…" if len(choices) > MAX_CHOICES else ""
        said.append(
            _("one of %(values)s") % {"values": ", ".join(map(_plain, choices[:MAX_CHOICES]))}
            + more
        )
    said += [text.format(_plain(schema[key])) for key, text in _LIMITS if _is_number(schema, key)]
    said += _lengths(schema.get("minLength"), schema.get("maxLength"))
    if isinstance(schema.get("pattern"), str):
        said.append(_("matches %(pattern)s") % {"pattern": schema["pattern"][:80]})
    if "default" in schema:
        said.append(_("default %(value)s") % {"value": _plain(schema["default"])})
    if schema.get("readOnly") is True:
        said.append(_("only in answers"))
    if schema.get("writeOnly") is True:
        said.append(_("only in calls"))
    return " · ".join(said)


def rows_of(document: Document, schema: Any) -> tuple[Field, ...]:
    """The fields of a schema, those of its parts indented below them."""
    return tuple(islice(_rows(document, schema, (), 0), MAX_ROWS))


def sample_of(document: Document, schema: Any) -> Any:
    """A value that the schema allows, as far as it tells: examples, defaults, first choices."""
    budget = [MAX_SAMPLE_VALUES]
    found = _sample(document, schema, (), budget)
    document.tell(rows=(MAX_SAMPLE_VALUES - budget[0]) // 10)
    return found


def as_json(value: Any) -> str:
    """As people write it in a body; empty for None."""
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _rows(document: Document, schema: Any, above: tuple[str, ...], depth: int) -> Iterator[Field]:
    inner = _object_of(document, schema)
    reference = _reference(inner)
    if depth > MAX_DEPTH or (reference and reference in above):
        return
    for name, (part, required) in _properties(document, inner).items():
        found = resolved(document, part)
        field = Field(
            name=name,
            place="body",
            kind=kind_of(document, part),
            required=required,
            description=str(mapping(part).get("description", found.get("description", ""))),
            depth=depth,
            rules=rules_of(found),
            deprecated=found.get("deprecated") is True,
        )
        if not document.tell(name, field.kind, field.description, field.rules):
            return
        yield field
        yield from _rows(document, part, (*above, reference), depth + 1)


def _object_of(document: Document, schema: Any) -> Any:
    """What holds the fields: the items of an array, the first of several, else the schema itself."""
    for _step in range(MAX_DEPTH):
        found = resolved(document, schema)
        if found.get("items"):
            schema = found["items"]
        elif _either(found) and not found.get("properties"):
            schema = _either(found)[0]
        else:
            break
    return schema


def _properties(document: Document, schema: Any) -> dict[str, tuple[Any, bool]]:
    """Name, schema and whether it must be there; the parts of ``allOf`` are put together."""
    own, *others = _parts(document, schema)
    merged = {
        str(name): part
        for whole in [*others, own]
        for name, part in mapping(whole.get("properties")).items()
    }
    required = {str(name) for whole in [own, *others] for name in listed(whole.get("required"))}
    return {name: (part, name in required) for name, part in merged.items()}


def _parts(document: Document, schema: Any) -> list[dict[Any, Any]]:
    """The schema and what its ``allOf`` adds, each reference once."""
    pending, seen = [schema], set[str]()
    found: list[dict[Any, Any]] = []
    while pending and len(found) < MAX_PARTS:
        one = pending.pop()
        reference = _reference(one)
        if reference in seen:
            continue
        seen |= {reference} if reference else set()
        found.append(resolved(document, one))
        # Putting many together takes time, though few may be shown.
        document.tell(rows=len(mapping(found[-1].get("properties"))) // 50)
        pending += reversed(listed(found[-1].get("allOf"))[:MAX_PARTS])
    return found


def _sample(document: Document, schema: Any, above: tuple[str, ...], budget: list[int]) -> Any:
    budget[0] -= 1
    reference = _reference(schema)
    if budget[0] < 0 or len(above) > MAX_DEPTH or (reference and reference in above):
        return None
    found = resolved(document, schema)
    given = _given(found)
    if given is not None:
        return given[0]
    below = (*above, reference)
    if _either(found):
        return _sample(document, _either(found)[0], below, budget)
    properties = _properties(document, schema)
    if properties:
        return {
            name: _sample(document, part, below, budget)
            for name, (part, _required) in islice(properties.items(), MAX_ROWS)
            if resolved(document, part).get("readOnly") is not True
        }
    if "array" in _types(found):
        return [_sample(document, found.get("items"), below, budget)]
    return _leaf(found)


def _leaf(schema: dict[Any, Any]) -> Any:
    kind = next(iter(_types(schema)), "")
    if kind in {"", "object"}:
        return {} if kind else None
    if kind in _SAMPLES:
        least = schema.get("minimum")
        return least if kind == "integer" and isinstance(least, int) else _SAMPLES[kind]
    return _WORDS.get(str(schema.get("format")), "string")


def _given(schema: dict[Any, Any]) -> list[Any] | None:
    """What the document itself offers as a value, in a list of one."""
    several = listed(schema.get("examples")) or listed(schema.get("enum"))
    for name in ("example", "const", "default"):
        if name in schema:
            return [schema[name]]
    return several[:1] or None


def _types(schema: dict[Any, Any]) -> list[str]:
    kind = schema.get("type")
    if kind is None:
        return ["object"] if mapping(schema.get("properties")) else []
    return [str(one) for one in kind] if isinstance(kind, list) else [str(kind)]


def _either(schema: dict[Any, Any]) -> list[Any]:
    """The alternatives, "nothing at all" last."""
    several = [*listed(schema.get("oneOf")), *listed(schema.get("anyOf"))]
    return sorted(several, key=lambda one: mapping(one).get("type") == "null")


def _reference(schema: Any) -> str:
    return str(mapping(schema).get("$ref", ""))


def _lengths(shortest: Any, longest: Any) -> list[str]:
    if shortest and longest:
        return [_("%(from)s to %(to)s characters") % {"from": shortest, "to": longest}]
    if longest:
        return [_("up to %(count)s characters") % {"count": longest}]
    return [_("at least %(count)s characters") % {"count": shortest}] if shortest else []


def _is_number(schema: dict[Any, Any], key: str) -> bool:
    return isinstance(schema.get(key), int | float) and not isinstance(schema.get(key), bool)


def _plain(value: Any) -> str:
    """A value of the document in short, as JSON writes it but for the quotes of words."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:60]
