"""What a request that is no good gets: a 4xx or an error with a code, one readable message, never a 500."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving import GraphServer

JSON = {"Content-Type": "application/json"}
GET = {"GraphQL-Require-Preflight": "1"}
"""What shows that no foreign page can have made a GET."""

BODIES: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"{",
    "null": b"null",
    "a number": b"7",
    "a string": b'"{ __typename }"',
    "a boolean": b"true",
    "an array": b"[]",
    "an array of null": b"[null]",
    "a batch": b'[{"query":"{ __typename }"}]',
    "no query": b"{}",
    "a null query": b'{"query":null}',
    "an empty query": b'{"query":""}',
    "a query that is a number": b'{"query":1}',
    "a query that is a list": b'{"query":["{ __typename }"]}',
    "variables that are a list": b'{"query":"{ __typename }","variables":[]}',
    "variables that are text": b'{"query":"{ __typename }","variables":"{}"}',
    "extensions that are a list": b'{"query":"{ __typename }","extensions":[]}',
    "an operation name that is a number": b'{"query":"{ __typename }","operationName":1}',
    "an operation name that is not there": b'{"query":"query A { __typename }","operationName":"B"}',
    "invalid UTF-8": b'{"query":"{ __typename \xff }"}',
    "UTF-16": '{"query":"{ __typename }"}'.encode("utf-16"),
    "a lone surrogate": b'{"query":"{ __typename } # \\ud800"}',
    "NaN": b'{"query":"{ __typename }","variables":{"a":NaN}}',
    "deep nesting": b'{"query":"{ __typename }","variables":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
    "a NUL": b'{"query":"{ __typename }"}\0',
    "a mutation's body as a form": b"query=%7B__typename%7D",
}

DOCUMENTS: dict[str, str] = {
    "a syntax error": "{ customer(",
    "an unknown field": "{ nothing }",
    "an unknown argument": '{ customer(number: "C1007") { name } }',
    "a missing argument": "{ customer { name } }",
    "a number of 5,000 digits": "{ orders(first: " + "9" * 5000 + ") { totalCount } }",
    "a depth of 20,000": "{a" * 20_000 + "}" * 20_000,
    "a list depth of 20,000": "{ customer(id: " + "[" * 20_000 + "]" * 20_000 + ") { name } }",
    "two operations and no name": "query A { __typename } query B { __typename }",
    "a fragment cycle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "an unknown variable type": "query($a: Nothing) { __typename }",
    "a subscription to two": "subscription { a: shipmentUpdated { cursor } b: paymentUpdated { cursor } }",
    "only a fragment": "fragment a on Query { __typename }",
    "only a comment": "# nothing",
    "a NUL": "{ __typename \0 }",
    "a lone surrogate in a block string": '{ customer(id: """\\ud800""") { name } }',
}


def readable(response: httpx2.Response) -> list[dict[str, Any]]:
    """The errors of an answer in GraphQL's shape, each with a code and a message of one line or a few."""
    errors: list[dict[str, Any]] = response.json()["errors"]
    assert errors
    for error in errors:
        assert error["extensions"]["code"]
        assert 5 < len(error["message"]) < 12_000
        assert "Traceback" not in error["message"]
    return errors


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_body_is_a_400(graph: GraphServer, name: str) -> None:
    response = graph.request("POST", "/graphql", content=BODIES[name], headers=JSON)
    assert response.status_code == 400
    (error,) = readable(response)
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert len(error["message"]) < 200


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_cannot_run_is_an_error_with_a_code(graph: GraphServer, name: str) -> None:
    response = graph.request("POST", "/graphql", json={"query": DOCUMENTS[name]})
    assert response.status_code in (200, 400)
    codes = {error["extensions"]["code"] for error in readable(response)}
    assert codes <= {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_USER_INPUT",
        "BAD_REQUEST",
        "OPERATION_LIMIT_EXCEEDED",
    }


@pytest.mark.parametrize(
    "variables", [{}, {"id": None}, {"id": ["C1007"]}, {"id": {"a": 1}}, {"id": 1.5}, {"id": True}]
)
def test_wrong_variables_name_the_variable(graph: GraphServer, variables: dict[str, Any]) -> None:
    body = {"query": "query($id: ID!) { customer(id: $id) { name } }", "variables": variables}
    (error,) = readable(graph.request("POST", "/graphql", json=body))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "$id" in error["message"]


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_however_large_a_body_is_the_answer_is_one_of_graphql(graph: GraphServer, size: int) -> None:
    """Whoever looks at it first."""
    body = json.dumps({"query": "{ __typename }", "variables": {"a": "x" * size}}).encode()
    response = graph.request("POST", "/graphql", content=body, headers=JSON)
    assert response.status_code == 413
    (error,) = response.json()["errors"]
    assert "at most" in error["message"]
    form = {"content-type": "multipart/form-data; boundary=x"}
    response = graph.request("POST", "/graphql", content=b"--x\r\n" + body, headers=form)
    assert response.status_code == 415
    (error,) = response.json()["errors"]
    assert error["message"] == "send the operation as application/json"


def test_a_body_over_the_cap_is_a_413(graph: GraphServer) -> None:
    body = json.dumps({"query": "{ __typename }", "variables": {"a": "x" * 1024 * 1024}})
    assert graph.request("POST", "/graphql", content=body.encode(), headers=JSON).status_code == 413

    def chunks() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    response = graph.request("POST", "/graphql", content=chunks(), headers=JSON)
    assert response.status_code == 413
    readable(response)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "garbage;;"],
)
def test_another_content_type_is_refused(graph: GraphServer, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    response = graph.request("POST", "/graphql", content=b'{"query":"{ __typename }"}', headers=headers)
    assert response.status_code == 415
    readable(response)


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_another_method_is_refused(graph: GraphServer, method: str) -> None:
    response = graph.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"]
    (error,) = readable(response)
    assert error["extensions"]["code"] == "METHOD_NOT_ALLOWED"


def test_a_mutation_by_get_is_a_405(graph: GraphServer) -> None:
    query = 'mutation { changeCustomerEmail(id: "C1", email: "a@example.com") { email } }'
    response = graph.request("GET", "/graphql", params={"query": query}, headers=GET)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    readable(response)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subscription_that_cannot_stream_is_told_how(graph: GraphServer, method: str) -> None:
    query = {"query": "subscription { shipmentUpdated { cursor } }"}
    arguments: dict[str, Any] = {"params": query} if method == "GET" else {"json": query}
    headers = {"Accept": "application/json", **GET}
    response = graph.request(method, "/graphql", headers=headers, **arguments)
    assert response.status_code == 400
    (error,) = readable(response)
    assert "text/event-stream" in error["message"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('query($id: ID = "C1007") { customer(id: $id) { name } }', {"id": None}),
        ("query($x: Boolean = true) { __typename @include(if: $x) }", {"x": None}),
        ('query($x: Boolean = true) { customer(id: "C1007") { name @include(if: $x) } }', {"x": None}),
    ],
)
def test_null_where_none_may_be_is_the_client_s_mistake(
    graph: GraphServer, query: str, variables: dict[str, Any]
) -> None:
    errors = readable(graph.request("POST", "/graphql", json={"query": query, "variables": variables}))
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}


def test_a_variable_may_have_any_name(graph: GraphServer) -> None:
    parameters = {
        "query": "query($operationName: ID!) { customer(id: $operationName) { number } }",
        "variables": '{"operationName":"C1007"}',
    }
    response = graph.request("GET", "/graphql", params=parameters, headers=GET)
    assert response.json()["data"] == {"customer": {"number": "C1007"}}


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_a_parameter_that_is_no_json_is_named(graph: GraphServer, name: str) -> None:
    response = graph.request("GET", "/graphql", params={"query": "{ __typename }", name: "zzz"}, headers=GET)
    assert response.status_code == 400
    assert readable(response)[0]["message"] == f"'{name}' is not valid JSON"


def test_a_document_of_too_many_tokens_is_refused_quickly(graph: GraphServer) -> None:
    started = time.monotonic()
    response = graph.request("POST", "/graphql", json={"query": "{" + "a " * 60_000 + "}"})
    assert readable(response)[0]["extensions"]["code"] == "OPERATION_LIMIT_EXCEEDED"
    assert time.monotonic() - started < 2


def test_an_unknown_path_is_a_404(graph: GraphServer) -> None:
    response = graph.request("GET", "/nothing")
    assert response.status_code == 404
    assert readable(response)[0]["extensions"]["code"] == "NOT_FOUND"


def test_queries_by_get(graph: GraphServer) -> None:
    parameters = {"query": "query($id: ID!) { customer(id: $id) { number } }", "variables": '{"id":"C1007"}'}
    response = graph.request("GET", "/graphql", params=parameters, headers=GET)
    assert response.json() == {"data": {"customer": {"number": "C1007"}}}


@pytest.mark.parametrize(
    "query_string",
    [
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&variables=[]",
        "query=%7B__typename%7D&variables=7",
        "query=",
        "query=%ff%fe",
        "operationName=A",
    ],
)
def test_a_malformed_get_is_a_400(graph: GraphServer, query_string: str) -> None:
    response = graph.request("GET", f"/graphql?{query_string}", headers={"Accept": "application/json", **GET})
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        codes = {error["extensions"]["code"] for error in readable(response)}
        assert codes == {"GRAPHQL_PARSE_FAILED"}
    else:
        readable(response)


def test_browsers_get_graphiql_and_the_root_leads_there(graph: GraphServer) -> None:
    page = graph.request("GET", "/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "One customer, six upstreams" in page.text
    assert graph.request("GET", "/").headers["location"] == "/graphql"


MEMBERS = st.sampled_from(["query", "variables", "operationName", "extensions"]) | st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(MEMBERS, inner),
)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(body=st.binary(max_size=300) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_body_breaks_the_server(graph: GraphServer, body: bytes) -> None:
    response = graph.request("POST", "/graphql", content=body, headers=JSON)
    assert response.status_code in (200, 400)
    assert "errors" in response.json() or response.json()["data"]


@FUZZ
@given(
    value=st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.lists(st.text())
)
def test_no_id_breaks_the_graph(graph: GraphServer, value: Any) -> None:
    query = """query($id: ID!) {
        customer(id: $id) { name } order(id: $id) { number } product(id: $id) { name } node(id: $id) { id }
    }"""
    body = json.dumps({"query": query, "variables": {"id": value}}, ensure_ascii=True).encode()
    response = graph.request("POST", "/graphql", content=body, headers=JSON)
    assert response.status_code in (200, 400)
    for error in response.json().get("errors") or []:
        assert error["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}
