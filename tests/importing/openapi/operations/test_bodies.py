from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import BodyKind, ListOf, Named, Part, Place, Scalar
from patchbay.importing.openapi.media import kind_of
from tests.importing.openapi.operations.described import OK, TEXT, argument, compiled, of, thing

ORDER = thing("sku")


def sending(content: Any, *, method: str = "post", **body: Any) -> Any:
    return of({"/orders": {method: {"requestBody": {"content": content, **body}, "responses": OK}}})


def test_an_object_is_the_argument_input() -> None:
    operation = sending({"application/json": {"schema": ORDER}}, required=True, description="what to order")
    body = argument(operation, "input")
    assert (body.place, body.type, body.required) == (Place.BODY, Named("OrderInput"), True)
    assert body.description == "what to order"
    assert operation.rest.body.kind is BodyKind.JSON
    assert operation.rest.body.required


def test_anything_else_is_the_argument_body() -> None:
    operation = sending({"application/json": {"schema": {"type": "array", "items": TEXT}}})
    assert argument(operation, "body").type == ListOf(Named(Scalar.STRING))
    assert not argument(operation, "body").required


def test_a_body_without_a_schema_is_json() -> None:
    assert argument(sending({"application/json": {}}), "body").type == Named(Scalar.JSON)


@pytest.mark.parametrize(
    ("types", "chosen"),
    [
        (("application/xml", "application/json"), "application/json"),
        (("text/plain", "application/x-www-form-urlencoded"), "application/x-www-form-urlencoded"),
        (("multipart/form-data", "application/merge-patch+json"), "application/merge-patch+json"),
        (("application/json; charset=utf-8",), "application/json; charset=utf-8"),
        (("*/*",), "application/json"),
    ],
)
def test_of_several_media_types_the_one_that_says_most_is_sent(types: tuple[str, ...], chosen: str) -> None:
    operation = sending({each: {"schema": ORDER} for each in types})
    assert operation.rest.body.content_type == chosen


def test_a_choice_between_kinds_is_noted() -> None:
    content = {"application/json": {"schema": ORDER}, "application/xml": {"schema": ORDER}}
    model = compiled({"/orders": {"post": {"requestBody": {"content": content}, "responses": OK}}})
    assert [problem.reason for problem in model.problems] == [
        "is sent as application/json; it could be application/xml"
    ]


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json", "json"),
        ("application/vnd.api+json", "json"),
        ("Application/JSON;charset=utf-8", "json"),
        ("application/problem+json", "json"),
        ("text/json", "json"),
        ("application/x-www-form-urlencoded", "form"),
        ("multipart/form-data; boundary=x", "multipart"),
        ("multipart/mixed", "multipart"),
        ("text/xml", "xml"),
        ("application/soap+xml", "xml"),
        ("image/svg+xml", "binary"),
        ("text/csv", "text"),
        ("text/event-stream", "text"),
        ("application/yaml", "text"),
        ("application/x-ndjson", "text"),
        ("application/pdf", "binary"),
        ("image/*", "binary"),
        ("application/octet-stream", "binary"),
        ("nonsense", "binary"),
    ],
)
def test_a_media_type_tells_how_a_body_is_written(content_type: str, kind: str) -> None:
    assert kind_of(content_type) == kind


def test_bytes_text_and_xml_are_sent_as_such() -> None:
    pdf = sending({"application/pdf": {}})
    assert argument(pdf, "file").type == Named(Scalar.UPLOAD)
    assert pdf.rest.body.kind is BodyKind.BINARY
    assert argument(sending({"text/plain": {"schema": TEXT}}), "body").type == Named(Scalar.STRING)
    assert argument(sending({"application/xml": {"schema": ORDER}}), "body").type == Named(Scalar.STRING)


def test_files_of_a_multipart_body_are_parts() -> None:
    file = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "properties": {"photo": file, "more": {"type": "array", "items": file}, "note": TEXT, "meta": ORDER},
    }
    encoding = {"photo": {"contentType": "image/png"}, "meta": {"contentType": "application/json"}}
    operation = sending({"multipart/form-data": {"schema": schema, "encoding": encoding}})
    assert operation.rest.body.kind is BodyKind.MULTIPART
    assert operation.rest.body.parts == (
        Part("photo", "image/png", is_file=True),
        Part("more", is_file=True),
        Part("meta", "application/json"),
    )


def test_a_form_is_encoded_as_its_document_says() -> None:
    schema = {"type": "object", "properties": {"card": ORDER, "expand": {"type": "array", "items": TEXT}}}
    deep = {"style": "deepObject", "explode": True}
    operation = sending(
        {"application/x-www-form-urlencoded": {"schema": schema, "encoding": {"card": deep, "expand": deep}}}
    )
    assert operation.rest.body.parts == (
        Part("card", style="deepObject"),
        Part("expand", style="deepObject"),
    )


def test_an_empty_body_of_a_get_is_a_generator_s_and_left_out() -> None:
    empty = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {}}}}
    operation = sending(empty, method="get")
    assert operation.arguments == ()
    assert operation.rest.body is None


def test_a_get_or_delete_may_have_a_body() -> None:
    for method in ("get", "delete"):
        operation = sending({"application/json": {"schema": ORDER}}, method=method)
        assert argument(operation, "input").place is Place.BODY


def test_a_body_behind_a_reference_is_followed() -> None:
    components = {
        "requestBodies": {"Order": {"content": {"application/json": {"schema": ORDER}}, "required": True}}
    }
    operation = of(
        {"/orders": {"post": {"requestBody": {"$ref": "#/components/requestBodies/Order"}, "responses": OK}}},
        components=components,
    )
    assert argument(operation, "input").required


def test_a_parameter_called_input_keeps_its_name() -> None:
    parameter = {"name": "input", "in": "query", "schema": TEXT}
    body = {"content": {"application/json": {"schema": ORDER}}}
    operation = of({"/orders": {"post": {"parameters": [parameter], "requestBody": body, "responses": OK}}})
    assert [each.name for each in operation.arguments] == ["input", "body"]
