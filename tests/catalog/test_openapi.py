"""OpenAPI documents: what is accepted, and how a refusal names the line."""

import json
import os
import socket
import threading
import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.openapi import validate
from catalog.openapi.faults import find_faults
from catalog.openapi.operations import read_openapi
from catalog.openapi.parse import parse_document
from catalog.openapi.validate import validate_openapi

GOOD = """openapi: 3.0.3
info:
  title: Orders
  version: "2"
paths:
  /orders/{id}:
    get:
      summary: Read an order
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        200:
          description: The order.
    delete:
      deprecated: true
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "204": {description: Gone.}
"""


def refusal_of(text):
    with pytest.raises(ValidationError) as refusal:
        validate_openapi(text)
    return refusal.value.messages


def test_yaml_and_json_are_read():
    validate_openapi(GOOD)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "A", "version": "1"},
        "paths": {"/": {"get": {"responses": {"200": {"description": "Fine"}}}}},
    }
    validate_openapi(json.dumps(document, indent=2))

    read = read_openapi(GOOD)

    assert (read.title, read.version) == ("Orders", "2")
    assert [(one.method, one.path, one.deprecated) for one in read.operations] == [
        ("GET", "/orders/{id}", False),
        ("DELETE", "/orders/{id}", True),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("          description: The order.\n", "          x-a: b\n"), "Line 12:"),
        (GOOD.replace("  title: Orders\n", ""), "Line 2:"),
        (GOOD.replace("info:", "info: ["), "Line "),
        ('{"openapi": "3.0.0",\n "info": }', "Line 2:"),
        (GOOD.replace("3.0.3", "2.0"), "must begin with openapi"),
        ("swagger: '2.0'\ninfo: {}\n", "convert it"),
        ("just words", "must be an object"),
        ("", "must be an object"),
        (GOOD + "info: {}\n", "stands here twice"),
        (GOOD.replace("The order.", "The order.\n          $ref: http://evil.example/x"), "$ref"),
        (
            GOOD.replace("The order.", "The order.\n          $ref: http://evil.example/x"),
            "Line 14:",
        ),
        (
            GOOD.replace("          description: The order.\n", "          x-a: b\n"),
            "'description' is a required property",
        ),
        (GOOD.replace("type: string", "type: strin", 1), "'strin' is not one of"),
        (
            GOOD.replace("The order.", "The order.\n          $ref: '#/components/x/y'"),
            "Line 14: nothing stands at #/components/x/y",
        ),
        (GOOD.replace("/{id}:", "/{number}:"), "Line 6:"),
        (GOOD.replace("openapi: 3.0.3", "openapi: 3.1.0").replace("string", "strin"), "Line 10:"),
        ("a: &a [1]\nb: *a\n", "Line 2: write the document without YAML anchors"),
        ("[" * 100, "nested too deeply"),
        ("\x01", "neither JSON nor YAML"),
    ],
)
def test_a_refusal_names_line_and_cure(text, told):
    assert told in " ".join(refusal_of(text))


def test_a_document_full_of_faults_gets_twenty_sentences():
    paths = "".join(f"  /p{number}:\n    get: {{}}\n" for number in range(40))

    assert len(refusal_of(GOOD.partition("paths:")[0] + "paths:\n" + paths)) == 20


def test_nothing_is_fetched(monkeypatch):
    def refuse(*args, **facts):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    refusal_of(GOOD.replace("The order.", "x\n          $ref: https://evil.example/a.json"))
    validate_openapi(GOOD)
    # The validator by itself, which we let see no such reference.
    document, _lines = parse_document(GOOD)
    document["components"] = {"schemas": {"A": {"$ref": "https://evil.example/a.json"}}}
    find_faults(document)


def in_schemas(**schemas):
    document, _lines = parse_document(GOOD)
    return json.dumps(document | {"components": {"schemas": schemas}})


def test_a_pattern_that_never_ends_is_given_up_and_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(validate, "MAX_SECONDS", 2)
    hostile = {"type": "string", "pattern": "^(a+)+$", "default": "a" * 40 + "!"}
    ticks = []
    ticking = threading.Thread(
        target=lambda: [ticks.append(time.sleep(0.02)) for _one in range(50)]
    )

    ticking.start()
    # It is read in a process of its own, which is ended.
    began = os.times().children_user
    [told] = refusal_of(in_schemas(A=hostile))

    assert "too much time" in told
    assert os.times().children_user - began < 10
    # Of fifty on a quiet machine; of none, if the pattern were tried in this process.
    assert len(ticks) >= 10


def test_schemas_that_fan_out_are_given_up(monkeypatch):
    monkeypatch.setattr(validate, "MAX_SECONDS", 2)
    twice = {
        f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(40)
    }

    [told] = refusal_of(in_schemas(**twice, S40={"type": "object"}))

    assert "too much time" in told


def test_a_number_to_base_60_is_a_word():
    began = time.process_time()

    document, _lines = parse_document(GOOD + "x-a: 1" + ":1" * 200_000 + "\nx-b: 1:30.5\n")

    assert document["x-b"] == "1:30.5"
    assert document["x-a"].startswith("1:1")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("value", ["!!bool zz", "!!int ''", "!!float ''", "!!int abc", "!!null x"])
def test_a_value_that_is_not_of_its_tag_stays_a_word(value):
    validate_openapi(GOOD + f"x-a: {value}\n")


def test_a_schema_that_contains_itself_is_read():
    validate_openapi(
        GOOD
        + "components:\n  schemas:\n    Node:\n      type: object\n      properties:\n"
        + "        next: {$ref: '#/components/schemas/Node'}\n"
    )


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.builds(
            lambda cut, text: GOOD[:cut] + text + GOOD[cut:],
            st.integers(0, len(GOOD)),
            st.text(max_size=12),
        ),
    )
)
def test_any_text_is_accepted_or_refused(text):
    # In this process: to start one for each text would take a minute.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validate, "_found_in", find_faults)
        try:
            validate_openapi(text)
        except ValidationError:
            return
    read_openapi(text)
