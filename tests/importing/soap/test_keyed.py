"""Reads by key, and pages, over imported operations."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from patchbay.errors import ConfigurationError, InputError, UpstreamBadData, UpstreamError
from patchbay.importing.model import (
    Batching,
    InputType,
    Model,
    Named,
    ObjectType,
    Operation,
    Paging,
    PagingStyle,
    XmlType,
)
from patchbay.importing.records import Records
from patchbay.importing.soap import ImportedSoap
from tests.importing.soap.models import ITEM, SHOP, argument, call, field, model, operation, shop
from tests.soap.documents import envelope
from tests.soap.service import Answer, Asked, Service
from tests.upstreams.opening import opened

SKU = re.compile(rb"<[\w:]*Sku[^>]*>([^<]*)</")
UNKNOWN = "none"


def answer(asked: Asked) -> Answer:
    """A row for each key but "none"; two for "twice"; a wrong count for "wrong"; in the opposite order."""
    rows = []
    for sku in reversed([found.decode() for found in SKU.findall(asked.body)]):
        count = "many" if sku == "wrong" else "1"
        row = f"<Item><Sku>{sku}</Sku><Count>{count}</Count></Item>"
        rows += [] if sku == UNKNOWN else [row] * (2 if sku == "twice" else 1)
    name = "GetItems" if b"GetItems" in asked.body else "GetItem"
    return Answer(envelope(f'<{name}Response xmlns="{SHOP}">{"".join(rows)}</{name}Response>'))


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as service:
        service.answer = answer
        yield service


@asynccontextmanager
async def by_ids(service: Service, of: Model | None = None, **options: Any) -> AsyncIterator[Any]:
    imported = of or shop(service.url)
    upstream = ImportedSoap(imported)
    async with opened(upstream):
        yield upstream.by_ids(
            imported.operations[0], Records(imported), **{"keys": ("sku",), "match": "sku", **options}
        )


async def test_many_keys_are_one_call(service: Service) -> None:
    async with by_ids(service) as read:
        a, unknown, b = await read(["a", UNKNOWN, "b"])
    assert (a.sku, unknown, b.sku) == ("a", None, "b")
    assert len(service.posts) == 1


async def test_more_keys_than_a_call_takes_are_several(service: Service) -> None:
    async with by_ids(service, max_size=2) as read:
        assert [row.sku for row in await read(["a", "b", "c"])] == ["a", "b", "c"]
    assert len(service.posts) == 2


async def test_a_key_that_xml_cannot_carry_is_not_known_and_hurts_no_other(service: Service) -> None:
    async with by_ids(service) as read:
        a, bad = await read(["a", "b\x00"])
        assert (a.sku, bad) == ("a", None)
        assert await read(["\x01"]) == [None]
    assert len(service.posts) == 1


async def test_a_wrong_value_is_an_error_of_its_row_alone(service: Service) -> None:
    async with by_ids(service) as read:
        wrong, fine = await read(["wrong", "b"])
    assert (type(wrong.count), fine.count) == (UpstreamBadData, 1)


async def test_all_rows_of_a_key_are_a_list(service: Service) -> None:
    async with by_ids(service, many=True) as read:
        twice, none, once = await read(["twice", UNKNOWN, "c"])
        narrow = await read.selecting(frozenset({"count"}))(["c"])
    assert [len(rows) for rows in (twice, none, once)] == [2, 0, 1]
    assert msgspec.structs.asdict(narrow[0][0]) == {"sku": "c", "count": 1}


async def test_a_narrower_read_has_the_key_as_well(service: Service) -> None:
    async with by_ids(service) as read:
        (row,) = await read.selecting(frozenset({"count"}))(["a"])
    assert msgspec.structs.asdict(row) == {"sku": "a", "count": 1}


async def test_keys_stand_in_the_object_that_takes_them(service: Service) -> None:
    keys = InputType("Keys", (field("Sku", "[String]"),), xml=XmlType("{urn:shop}Keys"))
    soap = call("GetItems", service.url, result_path=("Item",))
    get = operation(soap, "[Item]", [argument("Keys", "Keys")])
    async with by_ids(service, model([get], [ITEM, keys]), keys=("keys",)) as read:
        assert [row.sku for row in await read(["a", "b"])] == ["a", "b"]


async def test_a_call_is_told_how_many_rows_are_wanted_where_it_asks(service: Service) -> None:
    keys = InputType("Keys", (field("Sku", "[String]"), field("Other", "Int")), xml=XmlType("{urn:shop}Keys"))
    batching = Batching("keys", "sku", path=("Sku",), size="limit")
    arguments = [argument("Keys", "Keys"), argument("Limit", "Int")]
    soap = call("GetItems", service.url, result_path=("Item",))
    get = operation(soap, "[Item]", arguments, batching=batching)
    async with by_ids(service, model([get], [ITEM, keys]), keys=("keys",)) as read:
        assert [row.sku for row in await read(["a", "b", "c"])] == ["a", "b", "c"]
    assert b"Limit>3</" in service.posts[0].body


def single(address: str) -> Model:
    get = call("GetItem", address, result_path=("Item",))
    region = argument("Region", "String")
    return model([operation(get, "Item", [argument("Sku", "String"), region])], [ITEM])


async def test_one_key_a_call_is_one_call_for_each_key(service: Service) -> None:
    async with by_ids(service, single(service.url), match=None, arguments={"region": "EU"}) as read:
        a, again, unknown, bad = await read(["a", "a", UNKNOWN, "\x00"])
    assert (a.sku, again.sku, unknown, bad) == ("a", "a", None, None)
    assert len(service.posts) == 2
    assert all(b">EU<" in asked.body for asked in service.posts)


async def test_what_else_cannot_be_sent_is_an_error_of_the_read(service: Service) -> None:
    async with by_ids(service, single(service.url), match=None, arguments={"region": "\x00"}) as read:
        (error,) = await read(["a"])
    assert isinstance(error, UpstreamError)
    assert service.posts == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"keys": ("nowhere",)}, "no argument nowhere"),
        ({"match": "nowhere"}, "no attribute nowhere"),
        ({"items": ("Nowhere",)}, "nothing at Nowhere"),
        ({"arguments": {"nowhere": 1}}, "no argument nowhere"),
    ],
)
async def test_what_the_operation_does_not_have_stops_the_start(
    service: Service, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        async with by_ids(service, **options):
            pass


async def test_an_operation_that_changes_something_is_not_read_by_key(service: Service) -> None:
    imported = shop(service.url)
    with pytest.raises(ConfigurationError, match="changes something"):
        ImportedSoap(imported).by_ids(imported.operations[1], Records(imported), keys=("item",))


# --------------------------------------------------------------------------------------------------- pages

LENGTH = 25


def paged(address: str, paging: Paging) -> Model:
    rows = ObjectType("Rows", (field("Item", "[Item]"), field("Total", "Int"), field("More", "Boolean")))
    get: Operation = operation(
        call("GetPage", address), "Rows", [argument("Start", "Int"), argument("Size", "Int")], paging=paging
    )
    return model([get], [rows, ITEM])


def page_of(*, by_page: bool, at_most: int) -> Any:
    def reply(asked: Asked) -> Answer:
        start, size = (int(text) for text in re.findall(rb">(\d+)<", asked.body))
        size = min(size, at_most)
        first = (start - 1) * size if by_page else start
        rows = "".join(
            f"<Item><Sku>{number}</Sku></Item>" for number in range(first, min(first + size, LENGTH))
        )
        told = f"<Total>{LENGTH}</Total><More>{'1' if first + size < LENGTH else '0'}</More>"
        return Answer(envelope(f'<GetPageResponse xmlns="{SHOP}">{rows}{told}</GetPageResponse>'))

    return reply


def _pagings() -> Iterator[Any]:
    for style in (PagingStyle.OFFSET, PagingStyle.PAGE):
        for total, more in ((("Total",), ()), ((), ("More",)), ((), ())):
            yield Paging(style, ("Item",), Named("Item"), "start", "size", most=10, total=total, more=more)


@pytest.mark.parametrize(
    "paging", list(_pagings()), ids=lambda each: f"{each.style}-{each.total or each.more}"
)
async def test_pages_follow_each_other_to_the_end(service: Service, paging: Paging) -> None:
    service.answer = page_of(by_page=paging.style is PagingStyle.PAGE, at_most=10)
    imported = paged(service.url, paging)
    upstream = ImportedSoap(imported)
    seen: list[str] = []
    async with opened(upstream):
        read = upstream.paging(imported.operations[0], Records(imported))
        after = None
        for _ in range(10):
            page = await read({}, 7, after)
            assert page.has_previous == (after is not None)
            assert page.total == (LENGTH if paging.total else None)
            seen += [row.sku for row in page.items]
            if not page.has_next:
                break
            after = page.cursors[-1]
        everything = await read({}, 100, None)
    assert seen == [str(number) for number in range(LENGTH)]
    assert [row.sku for row in everything.items] == seen


async def test_a_cursor_of_another_list_is_an_error_of_the_client(service: Service) -> None:
    imported = paged(service.url, Paging(PagingStyle.OFFSET, ("Item",), Named("Item"), "start"))
    upstream = ImportedSoap(imported)
    async with opened(upstream):
        with pytest.raises(InputError, match="'after'"):
            await upstream.paging(imported.operations[0], Records(imported))({}, 7, "x")


@pytest.mark.parametrize("style", [PagingStyle.LINK, PagingStyle.CURSOR])
def test_pages_that_no_message_has_are_refused(style: PagingStyle) -> None:
    imported = paged("x", Paging(style, ("Item",), Named("Item"), "start"))
    with pytest.raises(ConfigurationError, match="pages by"):
        ImportedSoap(imported).paging(imported.operations[0], Records(imported))
