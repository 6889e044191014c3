"""Security schemes of a document as credentials, and which calls carry them."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from patchbay.calls import ApiKey, Limits, PerSecond
from patchbay.errors import ConfigurationError
from patchbay.importing.model import Place, Security, SecurityKind
from patchbay.importing.rest import ImportedRest
from tests.importing.rest.making import argument, model, operation, query, served
from tests.patchbay.wire import Request, Wire, answering, json_reply

KINDS = SecurityKind
HEADER = Security("header key", KINDS.API_KEY_HEADER, "X-Key")
QUERY = Security("query_key", KINDS.API_KEY_QUERY, "key")
COOKIE = Security("cookie", KINDS.API_KEY_COOKIE, "session")
BASIC = Security("basic", KINDS.BASIC)
BEARER = Security("bearer", KINDS.BEARER)
OTHER = Security("oidc", KINDS.OTHER)


def secured(*schemes: Security, requires: Any = None, **more: Any) -> Any:
    needs = tuple((each.name,) for each in schemes) if requires is None else requires
    return model(
        operation("GET /things", query("a"), **more),
        security={each.name: each for each in schemes},
        requires=needs,
    )


@pytest.mark.parametrize(
    ("scheme", "values", "header", "expected"),
    [
        (HEADER, {"SHOP_API_KEY": "k"}, "x-key", "k"),
        (COOKIE, {"SHOP_API_KEY": "k"}, "cookie", "session=k"),
        (BEARER, {"SHOP_TOKEN": "t"}, "authorization", "Bearer t"),
        (OTHER, {"SHOP_TOKEN": "t"}, "authorization", "Bearer t"),
        (
            BASIC,
            {"SHOP_USER": "u", "SHOP_PASSWORD": "p"},
            "authorization",
            f"Basic {base64.b64encode(b'u:p').decode()}",
        ),
    ],
)
async def test_each_scheme_is_sent_by_its_variables(
    scheme: Security, values: dict[str, Any], header: str, expected: str
) -> None:
    async with served(secured(scheme), **values) as echo:
        await echo.ask()
        assert echo.last.headers[header] == expected
        assert set(values) <= set(echo.upstream.optional_variables())
        assert not echo.upstream.variables() or [each.name for each in echo.upstream.variables()] == [
            "SHOP_URL"
        ]


async def test_a_key_in_the_query_stands_behind_the_arguments() -> None:
    async with served(secured(QUERY), SHOP_API_KEY="k&1") as echo:
        await echo.ask(a="1")
        assert echo.last.target == "/things?a=1&key=k%261"


async def test_different_keys_have_different_variables() -> None:
    whole = secured(HEADER, QUERY, requires=(("header key", "query_key"),))
    async with served(whole, SHOP_HEADER_KEY="h", SHOP_QUERY_KEY="q") as echo:
        await echo.ask()
        assert (echo.last.headers["x-key"], echo.last.target) == ("h", "/things?key=q")


async def test_the_first_alternative_that_is_set_counts() -> None:
    whole = secured(HEADER, BEARER, BASIC)
    async with served(whole, SHOP_TOKEN="t", SHOP_USER="u", SHOP_PASSWORD="p") as echo:
        await echo.ask()
        assert echo.last.headers["authorization"] == "Bearer t"
        assert "x-key" not in echo.last.headers


async def test_credentials_of_two_schemes_are_sent_together_or_not_at_all() -> None:
    whole = secured(HEADER, BEARER, requires=(("header key", "bearer"),))
    async with served(whole, SHOP_TOKEN="t") as echo:
        await echo.ask()
        assert "authorization" not in echo.last.headers
    async with served(whole, SHOP_TOKEN="t", SHOP_API_KEY="k") as echo:
        await echo.ask()
        assert (echo.last.headers["authorization"], echo.last.headers["x-key"]) == ("Bearer t", "k")


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as found:
        yield found


async def test_a_start_without_credentials_names_what_could_be_set(logs: list[Any]) -> None:
    async with served(secured(HEADER, BASIC)) as echo:
        await echo.ask()
    (warning,) = [each for each in logs if each["event"] == "no_credentials"]
    assert warning["variables"] == ["SHOP_API_KEY", "SHOP_USER", "SHOP_PASSWORD"]


async def test_nothing_is_said_where_credentials_may_be_left_out(logs: list[Any]) -> None:
    async with served(secured(HEADER, requires=(("header key",), ()))) as echo:
        await echo.ask()
    assert not [each for each in logs if each["event"] == "no_credentials"]


async def test_an_operation_that_needs_nothing_gets_nothing() -> None:
    public = operation("GET /public", name="public", security=())
    private = operation("GET /private", name="private")
    own = operation("GET /own", name="own", security=(("bearer",),))
    whole = model(
        private, public, own, security={"header key": HEADER, "bearer": BEARER}, requires=(("header key",),)
    )
    async with served(whole, SHOP_API_KEY="k", SHOP_TOKEN="t") as echo:
        seen = []
        for each in (private, public, own):
            await echo.of(each)
            seen.append((echo.last.headers.get("x-key"), echo.last.headers.get("authorization")))
        assert seen == [("k", None), (None, None), (None, "Bearer t")]


async def test_operations_with_other_credentials_share_the_upstream_s_quota_and_places() -> None:
    public = operation("GET /public", name="public", security=())
    private = operation("GET /private", name="private")
    whole = model(private, public, security={"bearer": BEARER}, requires=(("bearer",),))
    policy: dict[str, Any] = {"quota": PerSecond(4), "limits": Limits(concurrency=3)}
    async with served(whole, SHOP_TOKEN="t", **policy) as echo:
        started = time.monotonic()
        await asyncio.gather(*(echo.of(each) for each in (private, public) * 4))
        # Eight calls at four a second: with a quota for each, all would be through at once.
        assert time.monotonic() - started > 0.9
        assert len(echo.wire.requests) == 8
        assert {each.headers.get("authorization") for each in echo.wire.requests} == {"Bearer t", None}


async def test_the_operators_own_credentials_are_sent_in_place_of_the_documents() -> None:
    public = operation("GET /public", name="public", security=())
    whole = model(operation("GET /things"), public, security={"bearer": BEARER}, requires=(("bearer",),))
    given = ApiKey("MY_KEY", header="X-Mine")
    async with served(whole, credentials=given, MY_KEY="m", SHOP_TOKEN="t") as echo:
        await echo.ask()
        assert echo.last.headers["x-mine"] == "m"
        assert "authorization" not in echo.last.headers
        await echo.of(public)
        assert "x-mine" not in echo.last.headers
        assert "MY_KEY" in [each.name for each in echo.upstream.variables()]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a;b=c", "ä"])
async def test_a_key_that_no_cookie_can_carry_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigurationError, match="SHOP_API_KEY") as caught:
        async with served(secured(COOKIE), SHOP_API_KEY=value):
            pass
    assert value not in str(caught.value)


async def test_a_scheme_whose_header_has_no_name_stops_the_start_by_name() -> None:
    with pytest.raises(ConfigurationError, match="shop: credentials: a header's name"):
        async with served(secured(Security("bad", KINDS.API_KEY_HEADER, "X Y:")), SHOP_API_KEY="k"):
            pass


def token(request: Request) -> bytes:
    return json_reply({"access_token": "fresh", "token_type": "Bearer", "expires_in": 60})


@pytest.mark.parametrize("scopes", [None, "a b"])
async def test_a_client_gets_its_token_from_the_documents_endpoint(scopes: str | None) -> None:
    async with Wire(answering(token)) as server:
        client = Security(
            "oauth", KINDS.CLIENT_CREDENTIALS, token_url=f"{server.url}/token?x=1", scopes=("a", "b", "c")
        )
        values: dict[str, Any] = {
            "SHOP_CLIENT_ID": "me",
            "SHOP_CLIENT_SECRET": "secret",
            **({"SHOP_SCOPES": scopes} if scopes else {}),
        }
        async with served(secured(client), **values) as echo:
            await echo.ask()
            assert echo.last.headers["authorization"] == "Bearer fresh"
        (asked,) = server.requests
        assert asked.target == "/token?x=1"
        assert asked.body.decode() == "grant_type=client_credentials" + ("&scope=a+b" if scopes else "")


async def test_a_ready_token_does_where_a_client_could_get_one() -> None:
    client = Security("oauth", KINDS.CLIENT_CREDENTIALS, token_url="https://id.example/token")
    async with served(secured(client), SHOP_TOKEN="t") as echo:
        await echo.ask()
        assert echo.last.headers["authorization"] == "Bearer t"


def test_a_fetched_document_cannot_send_a_clients_secret_elsewhere() -> None:
    client = Security("oauth", KINDS.CLIENT_CREDENTIALS, token_url="https://evil.example/token")
    near = Security("oauth", KINDS.CLIENT_CREDENTIALS, token_url="/token")
    origin = "https://api.shop.example"
    names = ImportedRest(secured(client), trusted_origin=origin).optional_variables()
    assert "SHOP_TOKEN_URL" in names
    assert "SHOP_TOKEN_URL" not in ImportedRest(secured(near), trusted_origin=origin).optional_variables()


async def test_a_cookie_of_the_call_stands_beside_the_key() -> None:
    whole = model(
        operation("GET /things", argument("theme", Place.COOKIE)),
        security={"cookie": COOKIE},
        requires=(("cookie",),),
    )
    async with served(whole, SHOP_API_KEY="k") as echo:
        await echo.ask(theme="dark")
        assert echo.last.headers["cookie"] == "theme=dark; session=k"
