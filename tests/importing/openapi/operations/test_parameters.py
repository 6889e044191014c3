from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import ListOf, Named, Place, Scalar
from tests.importing.openapi.operations.described import OK, TEXT, argument, compiled, get, of, query


def of_orders(*parameters: Any, path: str = "/orders", item: Any = (), **root: Any) -> Any:
    return of({path: {"parameters": list(item), "get": get(parameters)}}, **root)


def test_parameters_of_all_places_become_arguments_those_of_the_path_first() -> None:
    operation = of_orders(
        query("q"),
        {"name": "X-Trace", "in": "header", "schema": TEXT},
        {"name": "theme", "in": "cookie", "schema": TEXT},
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        path="/orders/{id}",
    )
    assert [(each.name, each.place, each.wire) for each in operation.arguments] == [
        ("id", Place.PATH, "id"),
        ("q", Place.QUERY, "q"),
        ("xTrace", Place.HEADER, "X-Trace"),
        ("theme", Place.COOKIE, "theme"),
    ]


def test_the_operation_s_parameter_wins_over_the_path_s() -> None:
    operation = of_orders(query("limit", {"type": "boolean"}), item=[query("limit"), query("page")])
    assert argument(operation, "limit").type == Named(Scalar.BOOLEAN)
    assert argument(operation, "page").type == Named(Scalar.STRING)


def test_styles_are_those_of_the_place_where_none_is_declared() -> None:
    operation = of_orders(
        {"name": "id", "in": "path", "schema": TEXT},
        query("q"),
        {"name": "X-A", "in": "header", "schema": TEXT},
        {"name": "c", "in": "cookie", "schema": TEXT},
        path="/orders/{id}",
    )
    assert [(each.style, each.explode) for each in operation.arguments] == [
        ("simple", False),
        ("form", True),
        ("simple", False),
        ("form", True),
    ]


def test_styles_are_kept_where_the_place_allows_them() -> None:
    many = {"type": "array", "items": TEXT}
    operation = of_orders(
        query("a", many, style="spaceDelimited"),
        query("b", many, style="pipeDelimited", explode=False),
        query("c", {"type": "object", "properties": {"x": TEXT}}, style="deepObject", explode=True),
        query("d", many, explode=False),
        query("e", style="matrix"),
        query("f", allowReserved=True),
        {"name": "m", "in": "path", "schema": many, "style": "matrix", "explode": True},
        path="/orders/{m}",
    )
    styles = {each.name: (each.style, each.explode) for each in operation.arguments}
    assert styles == {
        "m": ("matrix", True),
        "a": ("spaceDelimited", False),
        "b": ("pipeDelimited", False),
        "c": ("deepObject", True),
        "d": ("form", False),
        "e": ("form", True),
        "f": ("form", True),
    }
    assert argument(operation, "f").allow_reserved
    assert argument(operation, "a").type == ListOf(Named(Scalar.STRING))


def test_a_parameter_s_value_may_be_written_in_a_media_type() -> None:
    content = {"application/json": {"schema": {"type": "object", "properties": {"from": TEXT}}}}
    operation = of_orders({"name": "filter", "in": "query", "content": content})
    assert argument(operation, "filter").content_type == "application/json"
    assert argument(operation, "filter").type == Named("OrdersFilterInput")


def test_what_has_to_be_given_has_to_be_given_and_the_path_always() -> None:
    operation = of_orders(
        query("a", required=True),
        query("b"),
        {"name": "id", "in": "path", "schema": TEXT},
        path="/orders/{id}",
    )
    assert {each.name: each.required for each in operation.arguments} == {"a": True, "b": False, "id": True}


def test_defaults_and_deprecation_are_told() -> None:
    operation = of_orders(
        query("size", {"type": "integer", "default": 20}, deprecated=True, description="how many")
    )
    size = argument(operation, "size")
    assert (size.default, size.description) == ("20", "how many")
    assert size.deprecated is not None


def test_a_place_in_the_path_that_nobody_declares_is_a_text() -> None:
    operation = of_orders(path="/shops/{shop}/orders")
    assert argument(operation, "shop").type == Named(Scalar.STRING)
    assert argument(operation, "shop").required


def test_a_path_parameter_without_a_place_is_left_out_and_noted() -> None:
    model = compiled({"/orders": {"get": get([{"name": "id", "in": "path", "schema": TEXT}])}})
    assert model.operations[0].arguments == ()
    assert [problem.at for problem in model.problems] == ["/paths/~1orders/get/parameters/0"]


@pytest.mark.parametrize(
    "template", ["/orders/{+id}", "/orders/{id*}", "/orders/{ID}", "/orders/{id:[0-9]+}"]
)
def test_odd_templates_find_their_parameter(template: str) -> None:
    operation = of_orders({"name": "id", "in": "path", "schema": TEXT}, path=template)
    assert operation.rest.path == "/orders/{id}"
    assert [each.name for each in operation.arguments] == ["id"]


def test_headers_that_are_said_elsewhere_are_no_arguments() -> None:
    names = ("Accept", "content-type", "Authorization", "User-Agent", "Host")
    operation = of_orders(
        *({"name": name, "in": "header", "schema": TEXT, "required": True} for name in names)
    )
    assert operation.arguments == ()


def test_a_key_that_a_security_scheme_carries_is_no_argument() -> None:
    schemes = {"key": {"type": "apiKey", "in": "query", "name": "api_key"}}
    operation = of_orders(query("api_key"), query("q"), components={"securitySchemes": schemes})
    assert [each.name for each in operation.arguments] == ["q"]


def test_names_that_collide_are_told_apart_by_their_place() -> None:
    operation = of_orders(
        query("id"),
        query("filter[id]"),
        query("filter_id"),
        {"name": "id", "in": "path", "schema": TEXT},
        path="/orders/{id}",
    )
    assert [each.name for each in operation.arguments] == ["id", "queryId", "filterId", "queryFilterId"]
    assert len({each.attribute for each in operation.arguments}) == 4


def test_names_are_fit_for_graphql_and_python() -> None:
    operation = of_orders(query("$filter"), query("class"), query("2fa"), query("注文"), query("user.fields"))
    assert [(each.name, each.attribute) for each in operation.arguments] == [
        ("filter", "filter"),
        ("class", "class_"),
        ("n2fa", "n2fa"),
        ("queryParameter", "query_parameter"),
        ("userFields", "user_fields"),
    ]


def test_an_idempotency_key_is_an_argument_that_need_not_be_given() -> None:
    key = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": TEXT}
    operation = of({"/orders": {"post": get([key])}})
    assert operation.rest is not None
    assert operation.rest.idempotency_header == "Idempotency-Key"
    assert argument(operation, "idempotencyKey").place is Place.HEADER
    assert not argument(operation, "idempotencyKey").required


def test_a_request_id_is_an_idempotency_key_where_its_description_says_so() -> None:
    described = {
        "name": "PayPal-Request-Id",
        "in": "header",
        "schema": TEXT,
        "description": "For idempotency.",
    }
    plain = {"name": "X-Request-Id", "in": "header", "schema": TEXT, "description": "For tracing."}
    assert _header(described) == "PayPal-Request-Id"
    assert _header(plain) is None


def _header(parameter: Any) -> str | None:
    operation = of({"/orders": {"post": get([parameter])}})
    return operation.rest.idempotency_header if operation.rest else None


def test_what_has_one_value_only_is_sent_and_not_asked_for() -> None:
    operation = of_orders(
        query("Action", {"type": "string", "enum": ["ListOrders"]}, required=True),
        query("Version", {"type": "string", "enum": ["2010 05"]}, required=True),
        {"name": "X-Target", "in": "header", "required": True, "schema": {"type": "string", "enum": ["a.b"]}},
        query("mode", {"type": "string", "enum": ["fast"]}),
    )
    assert operation.rest.path == "/orders?Action=ListOrders&Version=2010%2005"
    assert operation.rest.headers == (("X-Target", "a.b"),)
    assert [each.name for each in operation.arguments] == ["mode"]


def test_references_to_parameters_are_followed() -> None:
    components = {"parameters": {"Limit": query("limit", {"type": "integer"})}}
    operation = of_orders({"$ref": "#/components/parameters/Limit"}, components=components)
    assert [each.name for each in operation.arguments] == ["limit"]


def test_a_parameter_that_cannot_be_read_takes_nothing_else_with_it() -> None:
    broken = [{"$ref": "#/nowhere"}, {"in": "query"}, {"name": "a", "in": "galaxy"}, None, 7, query("q")]
    model = compiled({"/orders": {"get": get(broken)}})
    assert [each.name for each in model.operations[0].arguments] == ["q"]
    assert [problem.at.rpartition("/")[2] for problem in model.problems] == ["0", "1", "2", "3", "4"]


def test_a_fragment_of_a_path_is_not_sent() -> None:
    operation = of({"/orders#fast": {"get": {"responses": OK}}})
    assert operation.rest is not None
    assert operation.rest.path == "/orders"
