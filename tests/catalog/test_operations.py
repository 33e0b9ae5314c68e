"""What is read of a valid document: operations, parameters, schemas in words, samples."""

import json
import time

import pytest

from catalog.openapi.operations import MAX_OPERATIONS, read_openapi
from catalog.openapi.schemas import LETTERS_A_ROW, MAX_DEPTH, MAX_ROWS, MAX_TOLD
from catalog.openapi.validate import validate_openapi

HEAD = "openapi: 3.1.0\ninfo: {title: A, version: '1'}\n"
ORDERS = """openapi: 3.0.3
info: {title: Orders, version: "2"}
paths:
  /orders:
    get:
      parameters:
        - {name: state, in: query, schema: {type: string, enum: [open, closed], default: open}}
        - {name: limit, in: query, required: true, schema: {type: integer, minimum: 1, maximum: 100, default: 20}}
        - {name: tag, in: query, explode: false, schema: {type: array, items: {type: string}}}
        - {name: X-Trace, in: header, deprecated: true, schema: {type: string, format: uuid}}
      responses:
        "200":
          description: All.
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}
    post:
      requestBody:
        required: true
        content:
          text/csv: {schema: {type: string}}
          application/json: {schema: {$ref: "#/components/schemas/NewOrder"}}
      responses: {"204": {description: Done.}}
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, description: Shared., schema: {type: string}}
    get:
      parameters:
        - {name: id, in: path, required: true, description: Own., example: O-7, schema: {type: string}}
      responses: {"200": {$ref: "#/components/responses/One"}}
    delete:
      deprecated: true
      responses: {default: {description: Whatever.}}
components:
  responses:
    One: {description: The order., content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  schemas:
    NewOrder:
      type: object
      required: [customer, lines]
      properties:
        customer: {type: string, description: Name., minLength: 2, maxLength: 80}
        due: {type: string, format: date}
        lines: {type: array, items: {$ref: "#/components/schemas/Line"}}
    Line:
      type: object
      required: [article]
      properties:
        article: {type: string, pattern: "^A"}
        count: {type: integer, minimum: 3}
    Order:
      allOf:
        - $ref: "#/components/schemas/NewOrder"
        - required: [id]
          properties:
            id: {type: string, readOnly: true}
            before: {$ref: "#/components/schemas/Order"}
"""


def operations_of(text):
    validate_openapi(text)
    return {one.anchor: one for one in read_openapi(text).operations}


def body_of(schema):
    """The body of the only operation of a document in which it has this schema."""
    text = HEAD + (
        "paths:\n  /:\n    post:\n      responses: {'200': {description: Fine}}\n"
        f"      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}\n"
    )
    [operation] = operations_of(text).values()
    return operation.body


def test_every_operation_has_a_name_of_its_own():
    assert list(operations_of(ORDERS)) == [
        *["get-orders", "post-orders", "get-orders-id", "delete-orders-id"],
    ]
    paths = "".join(
        f"  {path}:\n    get: {{responses: {{'200': {{description: Fine}}}}}}\n"
        for path in ["/a-b", "/a/b", "/ä", "/", "/" + "long/" * 60]
    )

    anchors = list(operations_of(f"{HEAD}paths:\n{paths}"))

    assert anchors[:4] == ["get-a-b", "get-a-b-2", "get-a", "get"]
    assert len(anchors[4]) <= 80


def test_an_operations_own_parameter_wins_over_the_paths():
    operations = operations_of(ORDERS)

    [own] = operations["get-orders-id"].parameters
    [shared] = operations["delete-orders-id"].parameters

    assert (own.description, own.example, own.required) == ("Own.", "O-7", True)
    assert (shared.description, shared.example) == ("Shared.", "")
    assert operations["delete-orders-id"].deprecated


def test_parameters_say_what_they_take():
    state, limit, tag, trace = operations_of(ORDERS)["get-orders"].parameters

    assert (state.choices, state.example) == (("open", "closed"), "")
    assert state.rules == "one of open, closed · default open"
    # A default only stands in the field where a value must.
    assert (limit.example, limit.rules) == ("20", "≥ 1 · ≤ 100 · default 20")
    assert (tag.is_list, tag.explode, tag.kind) == (True, False, "array of string")
    assert (trace.deprecated, trace.kind) == (True, "string (uuid)")


def test_json_is_preferred_and_its_fields_are_indented():
    body = operations_of(ORDERS)["post-orders"].body

    assert (body.media_type, body.kind) == ("application/json", "NewOrder")
    assert [(one.name, one.depth, one.required) for one in body.fields] == [
        ("customer", 0, True),
        ("due", 0, False),
        ("lines", 0, True),
        ("article", 1, True),
        ("count", 1, False),
    ]
    assert [one.rules for one in body.fields] == [
        *["2 to 80 characters", "", "", "matches ^A", "≥ 3"],
    ]
    assert json.loads(body.example) == {
        "customer": "string",
        "due": "2026-01-31",
        "lines": [{"article": "string", "count": 3}],
    }


def test_answers_are_read_through_references():
    operations = operations_of(ORDERS)

    [one] = operations["get-orders-id"].replies
    [all_of_them] = operations["get-orders"].replies

    assert (one.status, one.description, one.content.kind) == ("200", "The order.", "Order")
    assert all_of_them.content.kind == "array of Order"
    names = [field.name for field in one.content.fields]
    # What contains itself is named and not opened again.
    assert names == ["customer", "due", "lines", "article", "count", "id", "before"]
    assert "id" not in json.loads(one.content.example)


@pytest.mark.parametrize(
    ("schema", "kind", "example"),
    [
        ("{type: string, example: x}", "string", "x"),
        ("{type: [string, 'null'], format: email}", "string or null (email)", "ada@example.org"),
        ("{type: boolean}", "boolean", True),
        ("{type: number}", "number", 1.5),
        ("{type: 'null'}", "null", None),
        ("{const: 7}", "", 7),
        ("{enum: [b, a]}", "", "b"),
        ("{examples: [[1]]}", "", [1]),
        ("{type: object}", "object", {}),
        ("{}", "", None),
        (
            "{type: array, items: {type: array, items: {type: integer}}}",
            "array of array of integer",
            [[1]],
        ),
        ("{anyOf: [{type: 'null'}, {type: integer}]}", "integer or null", 1),
        (
            "{oneOf: [{properties: {a: {type: string}}}, {type: integer}]}",
            "object or integer",
            {"a": "string"},
        ),
        ("{allOf: [{type: integer}], description: With words}", "integer", None),
        ("{type: string, format: {}}", "string", "string"),
    ],
)
def test_kinds_and_samples(schema, kind, example):
    body = body_of(schema)

    assert body.kind == kind
    assert (json.loads(body.example) if body.example else None) == example


def test_written_examples_come_first():
    text = ORDERS.replace(
        'application/json: {schema: {$ref: "#/components/schemas/NewOrder"}}',
        "application/json: {examples: {one: {value: {a: 1}}}}",
    )
    assert json.loads(operations_of(text)["post-orders"].body.example) == {"a": 1}

    as_text = text.replace("{examples: {one: {value: {a: 1}}}}", "{example: '{\"a\": 2}'}")
    assert operations_of(as_text)["post-orders"].body.example == '{"a": 2}'


def test_a_path_may_be_a_reference_too():
    text = HEAD + (
        "paths:\n  /a: {$ref: '#/components/pathItems/A'}\n"
        "components:\n  pathItems:\n    A: {get: {responses: {'200': {description: Fine}}}}\n"
    )

    assert list(operations_of(text)) == ["get-a"]


def test_only_what_needs_nothing_can_be_called_as_it_is():
    operations = operations_of(ORDERS)

    assert [anchor for anchor, one in operations.items() if one.needs_nothing] == []
    text = ORDERS.replace("required: true, schema: {type: integer", "schema: {type: integer")
    assert operations_of(text)["get-orders"].needs_nothing


def test_a_long_document_is_cut_and_says_so():
    paths = "".join(
        f"  /p{number}:\n    get: {{responses: {{'200': {{description: Fine}}}}}}\n"
        for number in range(MAX_OPERATIONS + 2)
    )

    read = read_openapi(f"{HEAD}paths:\n{paths}")

    assert (len(read.operations), read.left_out) == (MAX_OPERATIONS, 2)
    assert read.operation("get-p7").path == "/p7"
    assert read.operation("get-nowhere") is None


def told_of(read):
    """Fields and characters that a page would show."""
    contents = [reply.content for one in read.operations for reply in one.replies if reply.content]
    fields = [field for content in contents for field in content.fields]
    texts = [content.example for content in contents]
    texts += [text for field in fields for text in [field.kind, field.description, field.rules]]
    texts += [one.description for one in read.operations]
    texts += [reply.description for one in read.operations for reply in one.replies]
    texts += [part.description for one in read.operations for part in one.parameters]
    return len(fields), sum(map(len, texts))


def large(operations=MAX_OPERATIONS, **components):
    """Many operations that answer in six ways, each leading to the same parts."""
    replies = {str(status): {"$ref": "#/components/responses/A"} for status in range(200, 206)}
    get = {"parameters": [{"$ref": "#/components/parameters/A"}], "responses": replies}
    schema = {"schema": {"$ref": "#/components/schemas/A"}}
    small = {
        "responses": {"A": {"description": "Fine", "content": {"application/json": schema}}},
        "parameters": {"A": {"name": "a", "in": "query", "schema": {"type": "string"}}},
        "schemas": {"A": {"type": "string"}},
    }
    paths = {f"/p{number}": {"get": get} for number in range(operations)}
    return json.dumps({"openapi": "3.0.3", "paths": paths, "components": small | components})


def test_what_many_operations_lead_to_is_told_so_often_and_no_more():
    properties = {f"p{number}": {"type": "string"} for number in range(200)}

    read = read_openapi(large(schemas={"A": {"type": "object", "properties": properties}}))

    fields, letters = told_of(read)
    assert MAX_TOLD / 3 < fields < MAX_TOLD
    assert letters < MAX_TOLD * LETTERS_A_ROW
    # All of them can be called still.
    assert (len(read.operations), read.left_out, read.is_cut) == (MAX_OPERATIONS, 0, True)
    assert read.operations[0].replies[5].content.fields
    assert read.operations[-1].replies[0].content.kind == "A"


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "components",
    [
        {"responses": {"A": {"description": LONG}}},
        {"parameters": {"A": {"name": "a", "in": "query", "description": LONG}}},
        {"schemas": {"A": {"type": "object", "properties": {"a": {"description": LONG}}}}},
        {"schemas": {"A": {"type": "string", "example": LONG}}},
        {"schemas": {"A": {"type": "object", "properties": {"a": {"format": LONG}}}}},
    ],
)
def test_a_long_text_that_many_lead_to_is_told_a_few_times(components):
    read = read_openapi(large(**components))

    _fields, letters = told_of(read)
    assert letters < 2 * MAX_TOLD * LETTERS_A_ROW
    assert read.is_cut
    assert len(read.operations) + read.left_out == MAX_OPERATIONS


def test_a_document_of_the_usual_size_is_told_whole():
    properties = {f"p{number}": {"type": "string"} for number in range(20)}

    read = read_openapi(large(50, schemas={"A": {"type": "object", "properties": properties}}))

    assert told_of(read)[0] == 50 * 6 * 20
    assert not read.is_cut


def test_schemas_that_fan_out_cost_no_more_than_others():
    """Twenty schemas, each with a field of every other and all of them as parts: 20 to the 20th."""
    names = [f"S{number}" for number in range(20)]
    every = ", ".join(f"{name}: {{$ref: '#/components/schemas/{name}'}}" for name in names)
    parts = ", ".join(f"{{$ref: '#/components/schemas/{name}'}}" for name in names)
    below = "components:\n  schemas:\n" + "".join(
        f"    {name}: {{allOf: [{parts}], properties: {{{every}}}}}\n" for name in names
    )
    text = HEAD + (
        "paths:\n  /:\n    post:\n      responses: {'200': {description: Fine}}\n"
        "      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}\n"
    )
    began = time.process_time()

    [operation] = read_openapi(text + below).operations

    assert time.process_time() - began < 5
    assert len(operation.body.fields) == MAX_ROWS
    assert max(one.depth for one in operation.body.fields) <= MAX_DEPTH
    assert len(operation.body.example) < 100_000
