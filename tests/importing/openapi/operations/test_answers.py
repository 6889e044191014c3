from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import BodyKind, ListOf, Named, Result, Scalar, UnionType
from tests.importing.openapi.operations.described import OK, TEXT, answering, compiled, of, rows, thing

ORDER = thing("id", "sku")
JOB = {**thing("id", "state"), "title": "Job"}


def answered(responses: Any, method: str = "get", **root: Any) -> Any:
    return of({"/orders": {method: {"responses": responses}}}, **root)


def test_json_of_200_is_the_result() -> None:
    operation = answered(answering(ORDER))
    assert operation.result == Result(BodyKind.JSON, Named("Order"), "application/json")
    assert operation.rest.accept == "application/json"
    assert operation.rest.statuses == ("200",)


def test_nothing_answered_is_nothing() -> None:
    for status in ("204", "205"):
        result = answered({status: {"description": "done"}}).result
        assert result == Result(BodyKind.NOTHING, Named(Scalar.BOOLEAN))
    assert answered({"200": {"description": "done", "content": {}}}).result.kind is BodyKind.NOTHING


def test_an_answer_of_which_nothing_is_said_may_be_anything() -> None:
    unknown = Result(BodyKind.JSON, Named(Scalar.JSON))
    assert answered(OK).result == unknown
    assert answered({}).result == unknown
    assert answered({"404": {"description": "no"}}).result == unknown
    assert of({"/orders": {"get": {}}}).result == unknown


def test_head_answers_nothing() -> None:
    assert answered(answering(ORDER), "head").result.kind is BodyKind.NOTHING


@pytest.mark.parametrize(
    ("content_type", "kind", "scalar"),
    [
        ("text/plain", "text", Scalar.STRING),
        ("text/csv", "text", Scalar.STRING),
        ("application/xml", "xml", Scalar.STRING),
        ("application/pdf", "binary", Scalar.BASE64),
        ("image/*", "binary", Scalar.BASE64),
    ],
)
def test_other_answers_are_texts_or_bytes(content_type: str, kind: str, scalar: Scalar) -> None:
    operation = answered({"200": {"description": "ok", "content": {content_type: {"schema": TEXT}}}})
    assert operation.result == Result(BodyKind(kind), Named(scalar), content_type)
    assert operation.rest.accept == content_type


def test_json_is_asked_for_where_there_is_a_choice() -> None:
    content: Any = {"application/xml": {"schema": ORDER}, "application/vnd.shop+json": {"schema": ORDER}}
    operation = answered({"200": {"description": "ok", "content": content}})
    assert operation.rest.accept == "application/vnd.shop+json"


def test_bytes_that_are_called_json_are_bytes() -> None:
    assert answered(answering({"type": "string", "format": "binary"})).result.kind is BodyKind.BINARY


def test_a_structure_of_an_unknown_media_type_is_json() -> None:
    operation = answered(
        {"200": {"description": "ok", "content": {"application/vnd.shop.v1": {"schema": ORDER}}}}
    )
    assert operation.result.type == Named("Order")


def test_several_statuses_with_the_same_schema_are_one_type() -> None:
    components = {"schemas": {"Order": ORDER}}
    schema = {"$ref": "#/components/schemas/Order"}
    operation = answered({**answering(schema), **answering(schema, "201")}, "post", components=components)
    assert operation.result.type == Named("Order")
    assert operation.rest.statuses == ("200", "201")


def test_several_statuses_with_different_schemas_are_a_union() -> None:
    model = compiled({"/orders": {"post": {"responses": {**answering(ORDER), **answering(JOB, "202")}}}})
    union = model.types[model.operations[0].result.type.name]  # type: ignore[union-attr]
    assert isinstance(union, UnionType)
    assert {member.type for member in union.members} == {"Order", "Job"}


def test_one_status_with_a_body_and_one_without_is_the_body() -> None:
    operation = answered({**answering(ORDER), "204": {"description": "nothing new"}})
    assert operation.result.type == Named("Order")
    assert operation.rest.statuses == ("200", "204")


def test_default_is_success_where_nothing_else_is() -> None:
    assert answered(answering(ORDER, "default")).result.type == Named("Order")
    failing = {"default": {**answering(ORDER)["200"], "description": "unexpected error"}}
    operation = answered(failing)
    assert operation.result.type == Named(Scalar.JSON)
    assert [error.status for error in operation.errors] == ["default"]


def test_errors_are_typed() -> None:
    problem = {"description": "no", "content": {"application/problem+json": {"schema": thing("detail")}}}
    operation = answered(
        {**answering(JOB), "404": problem, "4xx": {"description": "bad"}, "default": problem}
    )
    assert [(error.status, error.content_type) for error in operation.errors] == [
        ("404", "application/problem+json"),
        ("4XX", ""),
        ("default", "application/problem+json"),
    ]
    assert operation.errors[0].type == Named("Order")
    assert operation.errors[1].type is None
    assert operation.errors[1].description == "bad"


def test_a_redirect_alone_is_noted() -> None:
    model = compiled({"/orders": {"get": {"responses": {"302": {"description": "elsewhere"}}}}})
    assert model.operations[0].result.kind is BodyKind.NOTHING
    assert model.operations[0].rest is not None
    assert model.operations[0].rest.statuses == ("302",)
    assert "redirect" in model.problems[0].reason


def test_rows_without_a_name_are_named_by_the_noun() -> None:
    row = {"type": "object", "properties": {"id": TEXT}}
    model = compiled({"/orders": {"get": {"responses": answering(rows(row))}}})
    assert model.operations[0].result.type == ListOf(Named("Order"))


def test_alternatives_written_as_items_of_no_list_are_a_union() -> None:
    model = compiled(
        {"/orders": {"get": {"responses": answering({"title": "Found", "items": [ORDER, JOB]})}}}
    )
    union = model.types["Found"]
    assert isinstance(union, UnionType)
    assert [member.type for member in union.members] == ["Order", "Job"]


def test_statuses_may_be_numbers_and_ranges() -> None:
    assert answered(answering(ORDER, "2xx")).rest.statuses == ("2XX",)


@pytest.mark.parametrize(
    ("operation", "responses", "changes"),
    [
        ({"operationId": "searchOrders"}, answering(ORDER), False),
        ({"operationId": "orders.query"}, answering(ORDER), False),
        ({"operationId": "DescribeTable"}, answering(ORDER), False),
        ({"operationId": "GetItem"}, answering(ORDER), False),
        ({"operationId": "searchOrders"}, answering(ORDER, "201"), True),
        ({"operationId": "searchOrders"}, answering(ORDER, "202"), True),
        ({"operationId": "searchOrders"}, {"204": {"description": "done"}}, True),
        ({"operationId": "findOrCreateOrder"}, answering(ORDER), True),
        ({"operationId": "getAccessToken"}, answering(ORDER), True),
        ({"operationId": "listAndLock"}, answering(ORDER), True),
        ({"operationId": "createOrder"}, answering(ORDER), True),
        ({"operationId": "Lists_Create"}, answering(ORDER), True),
        ({"summary": "Search for orders"}, answering(ORDER), False),
        ({}, answering(ORDER), True),
    ],
)
def test_a_post_only_reads_where_it_plainly_says_so(operation: Any, responses: Any, *, changes: bool) -> None:
    found = of({"/orders": {"post": {**operation, "responses": responses}}})
    assert found.is_mutation is changes


@pytest.mark.parametrize(
    ("method", "changes"),
    [("get", False), ("head", False), ("options", False), ("put", True), ("patch", True), ("delete", True)],
)
def test_methods_tell_what_changes_something(method: str, *, changes: bool) -> None:
    assert answered(OK, method).is_mutation is changes


@pytest.mark.parametrize(
    ("action", "changes"), [("DeleteUser", True), ("ListUsers", False), ("GetUser", False)]
)
def test_a_get_whose_path_says_what_to_do_may_change_something(action: str, *, changes: bool) -> None:
    operation = of({f"/#Action={action}": {"get": {"operationId": f"GET_{action}", "responses": OK}}})
    assert operation.is_mutation is changes
