"""SOAP servers that others wrote: PHP's SoapServer, Perl's SOAP::Lite, node's soap."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from patchbay.errors import SoapFault, UpstreamRefused
from patchbay.importing.model import Model, Operation, Selection
from patchbay.importing.records import Records
from patchbay.importing.soap import ImportedSoap
from patchbay.importing.wsdl import compile_wsdl, files_of
from tests.importing.soap import running
from tests.upstreams.opening import opened


@pytest.fixture(scope="module")
def php() -> Iterator[str]:
    with running.php() as url:
        yield url


@pytest.fixture(scope="module")
def perl() -> Iterator[str]:
    with running.perl() as url:
        yield url


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    if not (running.NODE_MODULES / "soap").is_dir():
        pytest.skip("node's soap is not installed")
    with running.node() as url:
        yield url


def compiled(name: str) -> Model:
    location = str(running.SERVERS / f"{name}.wsdl")
    return compile_wsdl(location, files_of(location), name, Selection())


async def ask(model: Model, url: str, operation: str, **arguments: object) -> Any:
    """What an operation answers that is called at this address."""
    upstream = ImportedSoap(model, address="ADDRESS")
    async with opened(upstream, ADDRESS=url):
        return await upstream.reading(_named(model, operation), Records(model))(arguments)


def _named(model: Model, operation: str) -> Operation:
    return next(each for each in model.operations if each.id == operation)


SHOP, DEPOT = compiled("shop"), compiled("depot")


# ---------------------------------------------------------------------------------------- document, literal


@pytest.fixture(params=["php", "node"])
def shop(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return f"{url}/shop" if request.param == "php" else url


async def test_rows_are_read(shop: str) -> None:
    first, second = await ask(SHOP, shop, "GetItems", sku=["é & <x>", "none", "b"])
    assert (first.sku, first.count, first.price) == ("é & <x>", first.count, Decimal("12.50"))
    assert (second.count, second.open, second.since) == (1, True, "2026-05-04T03:02:01Z")
    assert (second.tag, second.rank, second.note) == (["a & b", "<c>"], 7, None)


async def test_no_rows_are_an_empty_list(shop: str) -> None:
    assert await ask(SHOP, shop, "GetItems") == []


async def test_what_is_sent_comes_back_the_same(shop: str) -> None:
    item = {
        "Sku": "ü",
        "Count": 3,
        "Price": "1.5",
        "Note": "a\n b",
        "Open": False,
        "Tag": ["x", ""],
        "rank": 9,
    }
    answer = await ask(SHOP, shop, "PutItem", item=item)
    kept = ("sku", "count", "price", "note", "open", "rank")
    assert [getattr(answer, name) for name in kept] == ["ü", 3, Decimal("1.5"), "a\n b", False, 9]
    assert answer.tag == ["x", ""]


async def test_a_declared_fault_tells_its_declared_members(shop: str) -> None:
    with pytest.raises(SoapFault) as caught:
        await ask(SHOP, shop, "PutItem", item={"Sku": "x", "Count": 101, "Open": True})
    assert caught.value.fault == "NoRoom"
    assert caught.value.extensions["detail"] == {"left": 3, "reason": "full"}


async def test_bytes_are_base64(php: str) -> None:
    (item,) = await ask(SHOP, f"{php}/shop", "GetItems", sku=["a"])
    assert item.picture == "AAH/"


async def test_a_door_that_is_closed_is_no_fault(php: str) -> None:
    with pytest.raises(UpstreamRefused):
        await ask(SHOP, f"{php}/closed", "GetItems")


# --------------------------------------------------------------------------------------------- rpc, encoded


@pytest.fixture(params=["php", "perl"])
def depot(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return f"{url}/depot" if request.param == "php" else url


async def test_numbers_are_added(depot: str) -> None:
    assert await ask(DEPOT, depot, "add", a=1, b=41) == 42


async def test_arrays_of_objects_go_there_and_back(depot: str) -> None:
    pallets = [{"name": "x", "weight": 1.5, "fragile": True}, {"name": "<y>", "weight": 2, "fragile": False}]
    answer = await ask(DEPOT, depot, "weigh", pallets={"*": pallets})
    assert [msgspec.structs.asdict(each) for each in answer] == [
        {"name": "x", "weight": 3.0, "fragile": True},
        {"name": "<y>", "weight": 4.0, "fragile": False},
    ]


async def test_arrays_of_texts_go_there_and_back(depot: str) -> None:
    assert await ask(DEPOT, depot, "names", names={"*": ["a", "b&c"]}) == ["A", "B&C"]


@pytest.mark.parametrize("value", ["x", 7, 2.5, None, {"a": 1, "b": {"c": "d"}}, [1, "x", [2]]])
async def test_anything_goes_there_and_back(depot: str, value: object) -> None:
    assert await ask(DEPOT, depot, "anything", value=value) == value
