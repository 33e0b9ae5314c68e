"""The faults of an OpenAPI document, found in a process of its own that ``catalog.openapi`` starts.

A pattern that never comes to an end, or schemas that fan out, keep Python's lock: everybody in the
process would wait, the check included. Here they keep nobody's but their own, until it is ended.

Reads the document as JSON and writes ``{"faults": [...], "failure": "..."}``. It imports nothing of
the house, so that it starts in a moment.
"""

import json
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

MAX_FAULTS = 20
# Ends it where whoever started it was ended first.
MAX_SECONDS = 30
MAX_BYTES = 1 << 30
_VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}
Path = tuple[str | int, ...]


def find_faults(document: dict[str, Any]) -> dict[str, Any]:
    """Up to MAX_FAULTS, each with ``where`` it is, its ``words`` and the ``rule`` that it breaks.

    ``failure`` is what the validator tripped over, where it describes no fault.
    """
    validator = _VALIDATORS[str(document["openapi"])[:3]]
    faults: dict[tuple[Path, str], dict[str, Any]] = {}
    failure = ""
    try:
        for found in validator(document).iter_errors():
            error = _nearest(found)
            where, rule = _place(error, document), str(error.validator)
            # Some faults are found by two rules, the second in other words.
            fault = {"where": where, "rule": rule, "words": error.message[:200]}
            faults.setdefault((where, rule), fault)
            if len(faults) == MAX_FAULTS:
                break
    except Exception as error:
        # The validator trips over some broken documents instead of describing them.
        failure = f"{error}"[:200] or type(error).__name__
    return {"faults": list(faults.values()), "failure": failure}


def _nearest(error: Any) -> Any:
    """Of the ways in which a part could have been right, what is wrong with the one meant.

    Who wrote no ``$ref`` did not mean a reference; then the deepest fault counts.
    """
    while error.context:
        meant = [one for one in error.context if "'$ref' is a required" not in one.message]
        error = max(meant or error.context, key=lambda one: len(one.absolute_path))
    return error


def _place(error: Any, document: dict[str, Any]) -> Path:
    """Where the fault is written down, from the little that some errors say of it."""
    where: Path = tuple(error.absolute_path)
    if not where:
        # About an operation: its message quotes the path.
        quoted = re.findall(r"'(/[^']*)'", error.message)
        paths = document.get("paths")
        return next((("paths", path) for path in quoted if path in (paths or {})), where)
    parts = dict(_parts(document, ()))
    if where in parts:
        return where
    # Counted from a schema somewhere inside.
    ends = (path for path in parts if path[-len(where) :] == where)
    return next((path for path in ends if parts[path] == error.instance), where)


def _parts(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _parts(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _parts(part, (*path, index))


def _bound() -> None:
    # Some systems know the one limit, some the other.
    for kind, most in [(resource.RLIMIT_CPU, MAX_SECONDS), (resource.RLIMIT_AS, MAX_BYTES)]:
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    _bound()
    json.dump(find_faults(json.load(sys.stdin)), sys.stdout)
