"""Samples that are copied into a shell and into Python."""

import shlex

from catalog.openapi.operations import read_openapi
from catalog.openapi.validate import validate_openapi
from portal.apis.samples import samples_of

HEAD = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n"


def samples(path, method, operation, **facts):
    text = f'{HEAD}  "{path}":\n    {method}: {operation}\n'
    validate_openapi(text)
    [found] = read_openapi(text).operations
    return samples_of(found, "https://api.example.org/orders", **facts)


def words_of(curl):
    return shlex.split(curl.replace("\\\n", " "))


def test_examples_stand_in_for_what_is_needed():
    got = samples(
        "/{id}/lines/{line}",
        "get",
        "{responses: {'200': {description: Fine}}, parameters: ["
        "{name: id, in: path, required: true, example: 'a b/c', schema: {}},"
        "{name: line, in: path, required: true, schema: {}},"
        "{name: q, in: query, required: true, example: 'x&y', schema: {}},"
        "{name: p, in: query, required: true, schema: {}},"
        "{name: more, in: query, schema: {}},"
        "{name: X-Trace, in: header, required: true, schema: {}}]}",
    )

    words = words_of(got.curl)
    assert words[3] == "https://api.example.org/orders/a%20b%2Fc/lines/{line}?q=x%26y&p={p}"
    assert words[4:] == ["-H", "Ocp-Apim-Subscription-Key: $APIM_KEY", "-H", "X-Trace: {X-Trace}"]
    compile(got.python, "sample", "exec")


def test_a_body_that_begins_with_an_at_is_no_name_of_a_file():
    got = samples(
        "/",
        "post",
        "{responses: {'200': {description: Fine}}, requestBody: {content: {text/plain: "
        "{example: '@/etc/passwd'}}}}",
    )

    assert words_of(got.curl)[-2:] == ["--data-raw", "@/etc/passwd"]
    assert "data='@/etc/passwd'.encode()" in got.python


def test_json_is_a_value_in_python():
    got = samples(
        "/",
        "post",
        "{responses: {'200': {description: Fine}}, requestBody: {content: {application/json: "
        "{example: {ok: true, none: null}}}}}",
    )

    assert "json={'ok': True, 'none': None}," in got.python
    assert "Content-Type" not in got.python
    assert "Content-Type: application/json" in got.curl
    compile(got.python, "sample", "exec")


def test_other_json_says_its_kind():
    got = samples(
        "/",
        "patch",
        "{responses: {'200': {description: Fine}}, requestBody: {content: "
        "{application/merge-patch+json: {example: {a: 1}}}}}",
    )

    assert "'Content-Type': 'application/merge-patch+json'" in got.python
    compile(got.python, "sample", "exec")


def test_an_open_api_needs_no_key():
    got = samples("/", "get", "{responses: {'200': {description: Fine}}}", key_needed=False)

    assert "APIM_KEY" not in got.curl + got.python
    assert "import os" not in got.python


def test_a_head_does_not_wait_for_a_body():
    got = samples("/", "head", "{responses: {'200': {description: Fine}}}")

    assert got.curl.startswith("curl --head https://")
