"""The operations of an OpenAPI document, as the portal shows them and sends trial calls from them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from django.utils.text import slugify
from django.utils.translation import get_language

from catalog.openapi.parse import parse_document
from catalog.openapi.schemas import (
    Document,
    Field,
    as_json,
    kind_of,
    listed,
    mapping,
    resolved,
    rows_of,
    rules_of,
    sample_of,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# A page that lists more helps nobody.
MAX_OPERATIONS = 300
MAX_ANCHOR = 80
JSON = "application/json"
_PLACEHOLDER = re.compile(r"\{([^{}/]+)\}")


@dataclass(frozen=True)
class Parameter(Field):
    """A field of a call outside its body. ``example`` is what a trial call begins with."""

    example: str = ""
    choices: tuple[str, ...] = ()
    # Several values may be given; ``explode`` says how they are written (OpenAPI's own default).
    is_list: bool = False
    explode: bool = True


@dataclass(frozen=True)
class Content:
    """A body in one media type: its schema in words, its fields, and what it may look like."""

    media_type: str
    kind: str
    fields: tuple[Field, ...]
    example: str

    @property
    def is_json(self) -> bool:
        """``application/json`` and its kin."""
        return is_json(self.media_type)


@dataclass(frozen=True)
class Reply:
    """What an operation may answer."""

    status: str
    description: str
    content: Content | None


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``anchor`` names it in addresses, the same while the document is."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    deprecated: bool
    parameters: tuple[Parameter, ...]
    body: Content | None
    body_required: bool
    replies: tuple[Reply, ...]

    @property
    def needs_nothing(self) -> bool:
        """It can be called as it is, without a value from anybody."""
        return not self.body_required and not any(one.required for one in self.parameters)


@dataclass(frozen=True)
class Description:
    """What the portal shows of a document. ``left_out`` operations were too many; where it ``is_cut``
    later ones have no fields and examples."""

    title: str
    version: str
    description: str
    operations: tuple[Operation, ...]
    left_out: int
    is_cut: bool

    def operation(self, anchor: str) -> Operation | None:
        return next((one for one in self.operations if one.anchor == anchor), None)


def read_openapi(text: str) -> Description:
    """The document's title and operations; the text was validated when it was saved."""
    return _read(text, get_language())


def placeholders_of(path: str) -> list[str]:
    """The names in a path template, in order."""
    return _PLACEHOLDER.findall(path)


def is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind == JSON or kind.endswith("+json")


@lru_cache(maxsize=64)
def _read(text: str, language: str | None) -> Description:
    """Types are told in words, so each language has its own."""
    root, _lines = parse_document(text)
    document, info = Document(root), mapping(root.get("info"))
    found = _found(document)
    taken: set[str] = set()
    operations = []
    for method, path, item in islice(found, MAX_OPERATIONS):
        if document.is_over:
            break
        operations.append(_operation(document, method, path, item, taken))
    return Description(
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        description=str(info.get("description", "")),
        operations=tuple(operations),
        left_out=len(found) - len(operations),
        is_cut=document.is_cut,
    )


def _found(document: Document) -> list[tuple[str, str, dict[Any, Any]]]:
    items = mapping(document.root.get("paths")).items()
    read = [(str(path), resolved(document, item)) for path, item in items]
    return [
        (method, path, item)
        for path, item in read
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]


def _operation(
    document: Document, method: str, path: str, item: dict[Any, Any], taken: set[str]
) -> Operation:
    operation = mapping(item.get(method))
    body = resolved(document, operation.get("requestBody"))
    summary, description = (str(operation.get(name, "")) for name in ["summary", "description"])
    document.tell(path, summary, description)
    return Operation(
        method=method.upper(),
        path=path,
        anchor=_anchor(method, path, taken),
        summary=summary,
        description=description,
        deprecated=operation.get("deprecated") is True,
        parameters=tuple(_parameters(document, path, item, operation)),
        body=_content(document, body.get("content")),
        body_required=body.get("required") is True,
        replies=tuple(_replies(document, operation)),
    )


def _anchor(method: str, path: str, taken: set[str]) -> str:
    stem = slugify(f"{method} {path.replace('/', ' ')}")[:MAX_ANCHOR].strip("-")
    anchor, number = stem, 1
    while anchor in taken:
        number += 1
        anchor = f"{stem}-{number}"
    taken.add(anchor)
    return anchor


def _parameters(
    document: Document, path: str, item: dict[Any, Any], operation: dict[Any, Any]
) -> Iterator[Parameter]:
    """Those of the path and of the operation, which wins; a name in the path is always one."""
    given = [
        _parameter(resolved(document, one), document)
        for one in listed(item.get("parameters")) + listed(operation.get("parameters"))
        if not document.is_over
    ]
    merged = {(one.place, one.name): one for one in given}
    for name in placeholders_of(path):
        merged.setdefault(("path", name), _parameter({"name": name, "in": "path"}, document))
    yield from merged.values()


def _parameter(found: dict[Any, Any], document: Document) -> Parameter:
    content = next(iter(mapping(found.get("content")).values()), None)
    given = found.get("schema") or mapping(content).get("schema")
    schema = resolved(document, given)
    is_list = schema.get("type") == "array"
    inner = resolved(document, schema.get("items")) if is_list else schema
    place = str(found.get("in", ""))
    is_required = place == "path" or found.get("required") is True
    parameter = Parameter(
        name=str(found.get("name", "")),
        place=place,
        kind=kind_of(document, given),
        required=is_required,
        description=str(found.get("description", "")),
        rules=rules_of(inner),
        deprecated=found.get("deprecated") is True,
        example=_begin_with(found, schema, is_required=is_required),
        choices=() if is_list else tuple(map(_word, listed(schema.get("enum")))),
        is_list=is_list,
        explode=found.get("explode", found.get("style", "form") == "form") is True,
    )
    texts = [parameter.kind, parameter.description, parameter.rules, parameter.example]
    document.tell(*texts, *parameter.choices)
    return parameter


def _begin_with(found: dict[Any, Any], schema: dict[Any, Any], *, is_required: bool) -> str:
    """The document's own example; a default only where a value must be given."""
    examples = mapping(next(iter(mapping(found.get("examples")).values()), None))
    for source, name in [(found, "example"), (examples, "value"), (schema, "example")]:
        if name in source:
            return _word(source[name])
    if listed(schema.get("examples")):
        return _word(schema["examples"][0])
    return _word(schema["default"]) if is_required and "default" in schema else ""


def _word(value: Any) -> str:
    """A value as it stands in an address."""
    if isinstance(value, list):
        return ",".join(map(_word, value))
    return value if isinstance(value, str) else as_json(value).replace("\n", "")


def _content(document: Document, given: Any) -> Content | None:
    """The JSON of several media types, or else the first."""
    media_types = {str(name): mapping(one) for name, one in mapping(given).items()}
    if not media_types:
        return None
    chosen = next(filter(is_json, media_types), next(iter(media_types)))
    media = media_types[chosen]
    schema = media.get("schema")
    kind = kind_of(document, schema)
    if not document.tell(kind):
        return Content(chosen, kind, (), "")
    example = _example(document, media, schema, as_text=not is_json(chosen))
    document.tell(example)
    return Content(chosen, kind, rows_of(document, schema), example)


def _example(document: Document, media: dict[Any, Any], schema: Any, *, as_text: bool) -> str:
    examples = next(iter(mapping(media.get("examples")).values()), None)
    given = media.get("example", resolved(document, examples).get("value"))
    if given is None and not as_text:
        given = sample_of(document, schema)
    # Some documents hold the JSON as text.
    if isinstance(given, str) and (as_text or given.lstrip().startswith(("{", "["))):
        return given
    return as_json(given)


def _replies(document: Document, operation: dict[Any, Any]) -> Iterator[Reply]:
    for status, reply in mapping(operation.get("responses")).items():
        if document.is_over:
            return
        yield _reply(document, str(status), reply)


def _reply(document: Document, status: str, given: Any) -> Reply:
    found = resolved(document, given)
    description = str(found.get("description", ""))
    document.tell(description)
    return Reply(
        status=status,
        description=description,
        content=_content(document, found.get("content")),
    )
