from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import SecurityKind
from tests.importing.openapi.operations.described import OK, compiled

PATHS = {"/orders": {"get": {"responses": OK}}}


def of_scheme(**scheme: Any) -> Any:
    return compiled(PATHS, components={"securitySchemes": {"it": scheme}}).security["it"]


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, SecurityKind.API_KEY_HEADER),
        ({"type": "apiKey", "in": "query", "name": "key"}, SecurityKind.API_KEY_QUERY),
        ({"type": "apiKey", "in": "cookie", "name": "session"}, SecurityKind.API_KEY_COOKIE),
        ({"type": "http", "scheme": "Basic"}, SecurityKind.BASIC),
        ({"type": "http", "scheme": "bearer"}, SecurityKind.BEARER),
        ({"type": "http", "scheme": "digest"}, SecurityKind.OTHER),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://x.example"}, SecurityKind.OTHER),
        ({"type": "mutualTLS"}, SecurityKind.OTHER),
        ({"type": "oauth2", "flows": {"implicit": {"scopes": {}}}}, SecurityKind.OTHER),
        ({"type": "oauth2"}, SecurityKind.OTHER),
    ],
)
def test_a_scheme_tells_what_proves_who_calls(scheme: Any, kind: SecurityKind) -> None:
    assert of_scheme(**scheme).kind is kind


def test_machines_get_their_tokens_where_the_scheme_says() -> None:
    flow = {"tokenUrl": "/token", "scopes": {"read": "to read"}}
    scheme = of_scheme(type="oauth2", flows={"authorizationCode": flow, "clientCredentials": flow})
    assert scheme.kind is SecurityKind.CLIENT_CREDENTIALS
    assert (scheme.token_url, scheme.scopes) == ("/token", ("read",))


def test_a_key_in_authorization_that_is_a_bearer_token_is_one() -> None:
    scheme = of_scheme(type="apiKey", name="Authorization", description="Bearer {token}", **{"in": "header"})
    assert scheme.kind is SecurityKind.BEARER


def test_what_is_no_scheme_is_left_out_and_noted() -> None:
    model = compiled(PATHS, components={"securitySchemes": {"a": {"type": "magic"}, "b": 3}})
    assert model.security == {}
    assert [problem.at for problem in model.problems] == [
        "/components/securitySchemes/a",
        "/components/securitySchemes/b",
    ]


def test_requirements_are_alternatives_and_those_of_an_operation_are_its_own() -> None:
    schemes = {name: {"type": "http", "scheme": "basic"} for name in ("a", "b")}
    paths = {
        "/inherited": {"get": {"responses": OK}},
        "/open": {"get": {"responses": OK, "security": []}},
        "/optional": {"get": {"responses": OK, "security": [{}, {"a": []}]}},
        "/also-open": {"get": {"responses": OK, "security": [{}]}},
        "/both": {"get": {"responses": OK, "security": [{"a": [], "b": []}]}},
        "/unknown": {"get": {"responses": OK, "security": [{"c": []}, {"a": []}]}},
    }
    model = compiled(paths, security=[{"a": []}, {"b": []}], components={"securitySchemes": schemes})
    assert model.requires == (("a",), ("b",))
    assert [operation.security for operation in model.operations] == [
        None,
        (),
        ((), ("a",)),
        (),
        (("a", "b"),),
        (("a",),),
    ]


def test_servers_stand_in_their_order_with_their_variables_filled_in() -> None:
    variables = {"region": {"default": "eu"}, "stage": {"enum": ["live", "test"]}, "base": {"default": ""}}
    model = compiled(
        PATHS,
        servers=[
            {"url": "https://{region}.shop.example/{stage}{base}", "variables": variables},
            {"url": "/v1"},
            {"url": "/v1"},
            {"url": "https://{nowhere}.example"},
            {"url": 3.5},
            "nonsense",
        ],
    )
    assert model.servers == ("https://eu.shop.example/live", "/v1", "https://{nowhere}.example", "3.5")
    assert [problem.at for problem in model.problems] == ["/servers/3"]


def test_without_servers_there_is_no_address() -> None:
    assert compiled(PATHS).servers in {(), ("/",)}


def test_an_operation_s_own_server_wins_over_its_path_s() -> None:
    item = {"servers": [{"url": "https://files.example"}], "get": {"responses": OK}}
    own = {"servers": [{"url": "https://own.example"}], "responses": OK}
    model = compiled({"/a": item, "/b": {**item, "get": own}, "/c": {"get": {"responses": OK}}})
    servers = [operation.rest.server for operation in model.operations if operation.rest is not None]
    assert servers == ["https://files.example", "https://own.example", ""]
