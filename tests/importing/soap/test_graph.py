"""From a GraphQL query through an imported WSDL to PHP's SoapServer, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from patchbay.importing.build import Part, build_graph
from patchbay.importing.model import Selection
from patchbay.importing.soap import ImportedSoap
from patchbay.importing.wsdl import compile_wsdl, files_of
from tests.execution.asking import ask
from tests.importing.soap import running
from tests.upstreams.opening import opened


@pytest.fixture(scope="module")
def php() -> Iterator[str]:
    with running.php() as url:
        yield url


@pytest.fixture
async def shop(php: str) -> AsyncIterator[Any]:
    location = str(running.SERVERS / "shop.wsdl")
    model = compile_wsdl(location, files_of(location), "shop", Selection())
    upstream = ImportedSoap(model, address="SHOP_URL")
    async with opened(upstream, SHOP_URL=f"{php}/shop"):
        yield build_graph([Part(model, upstream)]).schema


async def test_a_query_reads_rows(shop: Any) -> None:
    data, errors = await ask(
        shop, '{ getItems(sku: ["a", "none", "bare"]) { sku count price since tag rank } }'
    )
    assert not errors
    full = {"sku": "a", "count": 1, "price": "12.50", "since": "2026-05-04T03:02:01Z", "rank": 7}
    bare = {"sku": "bare", "count": 0, "price": None, "since": None, "rank": None}
    assert data == {"getItems": [{**full, "tag": ["a & b", "<c>"]}, {**bare, "tag": []}]}


async def test_a_mutation_sends_an_object(shop: Any) -> None:
    item = '{sku: "é", count: 2, price: "1.50", open: true, tag: ["x"], rank: 3, note: null}'
    data, errors = await ask(
        shop, f"mutation {{ putItem(item: {item}) {{ sku count price note tag rank }} }}"
    )
    assert not errors
    assert data["putItem"] == {"sku": "é", "count": 2, "price": "1.50", "note": None, "tag": ["x"], "rank": 3}


async def test_a_fault_is_an_error_with_its_declared_members(shop: Any) -> None:
    data, errors = await ask(shop, 'mutation { putItem(item: {sku: "x", count: 101, open: true}) { sku } }')
    assert not data or data["putItem"] is None
    (error,) = errors
    assert "NoRoom" in str(error)


async def test_what_xml_cannot_carry_is_an_error_of_the_client(shop: Any) -> None:
    _, errors = await ask(shop, '{ getItems(sku: ["a\\u0000"]) { sku } }')
    assert "'sku' holds a character that XML cannot carry" in str(errors)
