from __future__ import annotations

from typing import Any

from patchbay.importing.model import Edge
from tests.importing.openapi.operations.described import OK, TEXT, answering, compiled, rows, thing

CUSTOMER = {**thing("id", "name"), "title": "Customer"}
BY_ID = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}]}


def linking(link: Any, schema: Any = None, name: str = "buyer", **operation: Any) -> Any:
    order = schema or thing("id", "customerId", "customer")
    target = {"operationId": "getCustomer", **BY_ID, "responses": answering(CUSTOMER), **operation}
    return compiled(
        {
            "/orders/{id}": {"get": {**BY_ID, "responses": answering(order, links={name: link})}},
            "/customers/{id}": {"get": target, "delete": {**BY_ID, "operationId": "drop", "responses": OK}},
        }
    )


def test_a_link_is_an_edge_of_the_answer_s_type() -> None:
    link = {"operationId": "getCustomer", "parameters": {"id": "$response.body#/customerId"}}
    assert linking(link).edges == (
        Edge("Order", "buyer", "getCustomer", {"id": "customer_id"}, "the link buyer of order"),
    )


def test_a_link_may_name_its_operation_by_a_reference() -> None:
    link = {
        "operationRef": "#/paths/~1customers~1%7Bid%7D/get",
        "parameters": {"path.id": "{$response.body#/customerId}"},
    }
    assert [edge.operation for edge in linking(link).edges] == ["getCustomer"]


def test_a_link_of_a_list_is_an_edge_of_its_rows() -> None:
    link = {"operationId": "getCustomer", "parameters": {"id": "$response.body#/customerId"}}
    assert [edge.type for edge in linking(link, rows(thing("id", "customerId"))).edges] == ["Order"]


def test_a_path_parameter_is_the_member_of_its_name() -> None:
    link = {"operationId": "getCustomer", "parameters": {"id": "$request.path.id"}}
    assert [edge.arguments for edge in linking(link).edges] == [{"id": "id"}]


def test_an_edge_does_not_take_a_field_s_name() -> None:
    link = {"operationId": "getCustomer", "parameters": {"id": "$response.body#/customerId"}}
    assert [edge.field for edge in linking(link, name="customer").edges] == ["getCustomer"]


def test_links_that_cannot_be_edges_are_noted() -> None:
    key = {"id": "$response.body#/customerId"}
    for link in (
        {"operationId": "nowhere", "parameters": key},
        {"operationId": "drop", "parameters": key},
        {"operationId": "getCustomer"},
        {"operationId": "getCustomer", "parameters": {"id": "$response.body#/buyer/id"}},
        {"operationId": "getCustomer", "parameters": {"id": "$response.header.id"}},
        {"operationId": "getCustomer", "parameters": {"id": "12"}},
        {"operationId": "getCustomer", "parameters": {**key, "other": "$response.body#/id"}},
        {"operationId": "getCustomer", "parameters": key, "requestBody": {}},
        {"operationId": 7, "parameters": []},
        {},
    ):
        model = linking(link)
        assert model.edges == ()
        assert [problem.at for problem in model.problems] == [
            "/paths/~1orders~1{id}/get/responses/200/links/buyer"
        ]


def test_a_link_behind_a_reference_is_followed() -> None:
    link = {"operationId": "getCustomer", "parameters": {"id": "$response.body#/customerId"}}
    model = compiled(
        {
            "/orders": {
                "get": {
                    "responses": answering(
                        thing("customerId"), links={"buyer": {"$ref": "#/components/links/Buyer"}}
                    )
                }
            },
            "/customers/{id}": {
                "get": {"operationId": "getCustomer", **BY_ID, "responses": answering(CUSTOMER)}
            },
        },
        components={"links": {"Buyer": link}},
    )
    assert [edge.field for edge in model.edges] == ["buyer"]
