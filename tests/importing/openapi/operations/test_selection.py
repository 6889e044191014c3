from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import Selection, Severity, decode_model, encode_model
from tests.importing.openapi.operations.described import OK, answering, compiled, of, thing

PATHS = {
    "/orders": {
        "get": {"operationId": "listOrders", "tags": ["orders"], "responses": answering(thing("id"))},
        "post": {"operationId": "Create_Order", "tags": ["orders", "writing"], "responses": OK},
    },
    "/jobs": {"get": {"tags": ["internal"], "responses": answering({**thing("state"), "title": "Job"})}},
}


def kept(*include: str, exclude: tuple[str, ...] = ()) -> list[str]:
    model = compiled(PATHS, selection=Selection(include, exclude))
    assert model.offered == 3
    assert model.excluded == 3 - len(model.operations)
    return [operation.name for operation in model.operations]


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [
        ((), (), ["listOrders", "createOrder", "jobs"]),
        (("listOrders",), (), ["listOrders"]),
        (("Create_Order",), (), ["createOrder"]),
        (("create*", "jobs"), (), ["createOrder", "jobs"]),
        (("tag:orders",), (), ["listOrders", "createOrder"]),
        (("tag:orders",), ("tag:writing",), ["listOrders"]),
        ((), ("tag:int*",), ["listOrders", "createOrder"]),
        (("nothing",), (), []),
    ],
)
def test_operations_are_selected_by_id_field_and_tag(include: Any, exclude: Any, names: list[str]) -> None:
    assert kept(*include, exclude=exclude) == names


def test_only_types_that_are_reached_are_made() -> None:
    assert set(compiled(PATHS, selection=Selection(("jobs",))).types) == {"Job"}


def test_one_broken_operation_leaves_the_others() -> None:
    model = compiled(
        {**PATHS, "/broken": {"get": [1], "post": "x", "put": None}, "/no": 7, "x-note": {"get": {}}}
    )
    assert [operation.name for operation in model.operations] == ["listOrders", "createOrder", "jobs"]
    assert [(problem.severity, problem.at) for problem in model.problems] == [
        (Severity.LEFT_OUT, "/paths/~1broken/get"),
        (Severity.LEFT_OUT, "/paths/~1broken/post"),
        (Severity.LEFT_OUT, "/paths/~1broken/put"),
        (Severity.LEFT_OUT, "/paths/~1no"),
    ]


def test_webhooks_and_callbacks_are_no_operations() -> None:
    model = compiled({}, openapi="3.1.0", webhooks={"paid": {"post": {"responses": OK}}})
    assert (model.operations, model.offered) == ((), 0)
    assert [problem.reason for problem in model.problems] == [
        "has 1 webhooks, which are events and no operations"
    ]
    with_callback = compiled({"/a": {"post": {"responses": OK, "callbacks": {"done": {}}}}})
    assert [problem.at for problem in with_callback.problems] == ["/paths/~1a/post/callbacks"]


def test_a_document_without_paths_has_no_operations() -> None:
    nothing: tuple[Any, ...] = ({}, None, [], "paths")
    for paths in nothing:
        assert compiled(paths).operations == ()


def test_every_method_is_an_operation() -> None:
    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    model = compiled({"/orders": {method: {"responses": OK} for method in methods}})
    assert [operation.rest.method for operation in model.operations if operation.rest] == [
        method.upper() for method in methods
    ]
    assert len({operation.name for operation in model.operations}) == len(methods)


def test_a_path_item_may_be_a_reference() -> None:
    components = {"pathItems": {"Orders": {"get": {"operationId": "listOrders", "responses": OK}}}}
    operation = of(
        {"/orders": {"$ref": "#/components/pathItems/Orders"}}, openapi="3.1.0", components=components
    )
    assert operation.name == "listOrders"


def test_summary_and_description_are_told_once() -> None:
    described = of({"/a": {"get": {"summary": "Lists.", "description": "Lists all.", "responses": OK}}})
    assert described.description == "Lists all."
    both = of({"/a": {"get": {"summary": "Lists", "description": "Newest first.", "responses": OK}}})
    assert both.description == "Lists\n\nNewest first."
    old = of({"/a": {"get": {"deprecated": True, "responses": OK}}})
    assert old.deprecated == "Deprecated by the upstream."


def test_a_model_can_be_kept() -> None:
    model = compiled(PATHS)
    assert decode_model(encode_model(model)) == model
