"""What keeps the house in order beyond the linters."""

import ast
import re
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
from django import forms

ROOT = Path(__file__).parent.parent
ROOMS = [
    *["base", "audit", "mail", "service", "accounts", "catalog", "packages", "invitations"],
    *["imports", "gateway", "console", "portal", "apim"],
]
SOURCES = [
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts
]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    plain = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    return {name for name in found if name} | {alias.name for node in plain for alias in node.names}


OPERATIONS = [
    path
    for path in SOURCES
    # The console has a folder called access, too; faces have no operations.
    if path.relative_to(ROOT).parts[0] not in {"console", "portal"}
    if path.stem in {"actions", "access", "models", "outbox", "journal"}
    or {"actions", "access"} & set(path.parts)
]


# One loop over all files instead of a test for each: what fails is named at the end, all of it.


def test_operations_know_no_http():
    assert OPERATIONS
    assert not [
        (str(path.relative_to(ROOT)), name)
        for path in OPERATIONS
        for name in imports_of(path)
        if name.startswith(("django.http", "django.shortcuts"))
    ]


@pytest.mark.parametrize("face", ["console", "portal"])
def test_faces_never_save(face):
    for path in (ROOT / face).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for call in [
            ".save(",
            ".objects.create(",
            "bulk_create(",
            ".delete(",
            "journal import record\n",
        ]:
            assert call not in text, f"{path.relative_to(ROOT)}: {call}"


def test_a_file_fits_in_a_head():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
    }
    assert lengths
    assert not {path: length for path, length in lengths.items() if length > 400}


def test_a_file_is_named_for_what_is_in_it():
    vague = {"util", "utils", "helper", "helpers", "misc", "common"}
    assert not [str(path.relative_to(ROOT)) for path in SOURCES if path.stem in vague]


EDITS = {
    f"{found.__module__}.{name}": found
    for path in OPERATIONS
    if path.stem != "models"
    for name, found in vars(
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    ).items()
    if name.startswith(("edit_", "rename_", "set_", "correct_", "mend_"))
    if name != "set_password"
}


@pytest.mark.parametrize("edit", [EDITS[name] for name in sorted(EDITS)], ids=sorted(EDITS))
def test_edits_ask_what_their_author_saw(edit):
    """Else a form that was open meanwhile undoes what a colleague saved."""
    assert {"seen", "based_on"} & set(signature(edit).parameters)


def test_edits_are_found():
    assert len(EDITS) > 10


def test_templates_hold_no_inline_script_or_style():
    for path in (ROOT / "templates").rglob("*.html"):
        if path.is_relative_to(ROOT / "templates" / "mail"):
            # Mail programs know no style sheets.
            continue
        text = re.sub(r"{%.*?%}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for forbidden in [" style=", "<style", " onclick=", " onchange=", "javascript:", "hx-on"]:
            assert forbidden not in text, f"{path.relative_to(ROOT)}: {forbidden}"


FORM_MODULES = [
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for path in SOURCES
    if path.parts[-2] == "forms" or path.stem.endswith("form") or path.stem.endswith("forms")
]


def test_what_is_typed_or_chosen_is_asked_for_in_our_own_words():
    """Not "This field is required." beside "Enter a name."; what is preselected is never missing."""
    asked = {
        (module.__name__, form.__name__, name): field.error_messages["required"]
        for module in FORM_MODULES
        for form in vars(module).values()
        if isinstance(form, type) and issubclass(form, forms.BaseForm)
        if form.__module__ == module.__name__
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField | forms.ModelChoiceField)
        if field.required and not isinstance(field.widget, forms.HiddenInput)
    }

    assert asked
    djangos = forms.Field.default_error_messages["required"]
    assert not [place for place, message in asked.items() if message == djangos]
