"""Where the calls of an imported upstream go, and where they never go."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.errors import ConfigurationError, UpstreamForbidden
from patchbay.importing.records import Records
from patchbay.importing.rest import ImportedRest
from tests.importing.rest.making import model, opened, operation, served
from tests.patchbay.wire import Wire, json_reply

HOME = "https://api.shop.example"


def shop(*servers: str, **more: Any) -> Any:
    return model(operation("GET /things"), servers=servers, **more)


def needed(upstream: ImportedRest) -> list[str]:
    return [each.name for each in upstream.variables()]


async def test_calls_go_to_the_documents_first_server() -> None:
    async with Wire(json_reply("well")) as wire:
        whole = shop(f"{wire.url}/v1", "https://other.example")
        async with opened(ImportedRest(whole)) as upstream:
            assert needed(upstream) == []
            assert await upstream.reading(whole.operations[0], Records(whole))({}) == "well"
            assert wire.requests[-1].target == "/v1/things"


async def test_the_operators_address_stands_for_the_documents() -> None:
    async with served(shop(HOME)) as echo:
        assert await echo.ask() == "well"
        assert "SHOP_URL" in echo.upstream.optional_variables()


@pytest.mark.parametrize(
    "servers", [(), ("",), ("/v1",), ("{host}/v1",), ("https://{host}/v1",), ("ftp://x/",), ("x y",)]
)
async def test_without_a_server_the_variable_is_named(servers: tuple[str, ...]) -> None:
    upstream = ImportedRest(shop(*servers))
    assert needed(upstream) == ["SHOP_URL"]
    with pytest.raises(ConfigurationError, match="SHOP_URL"):
        async with opened(upstream):
            pass


async def test_a_fetched_document_cannot_send_calls_to_another_origin() -> None:
    upstream = ImportedRest(shop("https://evil.example/v1"), trusted_origin=HOME)
    assert needed(upstream) == ["SHOP_URL"]
    with pytest.raises(ConfigurationError, match="another origin than its own; set SHOP_URL"):
        async with opened(upstream):
            pass


async def test_a_relative_server_is_on_the_documents_origin() -> None:
    async with Wire(json_reply("well")) as wire:
        whole = shop("/v2")
        async with opened(ImportedRest(whole, trusted_origin=wire.url)) as upstream:
            await upstream.reading(whole.operations[0], Records(whole))({})
            assert wire.requests[-1].target == "/v2/things"


async def test_the_variables_name_may_be_another() -> None:
    assert needed(ImportedRest(shop(), base_url="WHERE")) == ["WHERE"]


def files_of(server: str, *servers: str) -> Any:
    there = operation("GET /files", name="files", rest={"server": server})
    return model(operation("GET /things"), there, servers=servers)


@pytest.mark.parametrize(
    ("server", "target"),
    [(f"{HOME}/v2", "/v2/files"), ("https://files.shop.example/v2", "/files"), ("/v3", "/v3/files")],
)
async def test_the_operators_address_stands_for_an_operations_own_server(server: str, target: str) -> None:
    whole = files_of(server, f"{HOME}/v1")
    async with served(whole) as echo:
        await echo.of(whole.operations[1])
        assert echo.last.target == target


async def test_an_operation_of_a_document_in_a_file_goes_to_its_own_server() -> None:
    async with Wire(json_reply("well")) as wire, Wire(json_reply("there")) as files:
        whole = files_of(files.url, wire.url)
        async with opened(ImportedRest(whole)) as upstream:
            assert await upstream.reading(whole.operations[1], Records(whole))({}) == "there"


async def test_an_operation_of_a_fetched_document_goes_to_no_other_origin() -> None:
    async with Wire(json_reply("well")) as wire, Wire(json_reply("there")) as files:
        whole = files_of(files.url, wire.url)
        async with opened(ImportedRest(whole, trusted_origin=wire.url)) as upstream:
            assert await upstream.reading(whole.operations[0], Records(whole))({}) == "well"
            with pytest.raises(UpstreamForbidden) as caught:
                await upstream.reading(whole.operations[1], Records(whole))({})
            assert files.url not in str(caught.value)
        assert files.requests == []


async def test_a_wrong_option_is_told_at_start() -> None:
    upstream = ImportedRest(shop(HOME), quota=5)  # type: ignore[arg-type] # that is the mistake
    assert upstream.declaration.problems == ("quota is of the kind int, and not Quota",)
    assert upstream.declaration.at.startswith("rest/test_addresses.py")


async def test_health_tells_how_the_calls_do() -> None:
    async with served(shop(HOME)) as echo:
        await echo.upstream.check()
        await echo.ask()
        assert echo.upstream.status()["counts"]["answered"] == 2
    assert echo.upstream.status() == {}
