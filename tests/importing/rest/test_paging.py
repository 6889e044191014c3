"""Pages of imported lists, whatever way the upstream has to part them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from patchbay.calls import ApiKey
from patchbay.errors import InputError, UpstreamBadData
from patchbay.importing.model import ListOf, Model, Named, Paging, PagingStyle, Security, SecurityKind
from patchbay.importing.runtime import PageOf
from tests.importing.rest.making import INT, Echo, field, model, operation, query, served, thing
from tests.patchbay.wire import Request, answering, json_reply, reply

ROW = thing("Row", field("id", INT))
ROWS = ListOf(Named("Row"))
META = thing("Meta", field("total", INT), field("next"), field("more", Named("Boolean")))
FOUND = thing("Found", field("data", ROWS), field("meta", Named("Meta")))
ITEMS = ("data",)


def listed(style: PagingStyle, result: str = "Found", **paging: Any) -> Model:
    """A model of one list; its position and size are called `at` and `limit`."""
    declared = {"position": "at", "size": "limit", "items": ITEMS if result == "Found" else (), **paging}
    pages = Paging(style, node=Named("Row"), **declared)
    asked = operation(
        "GET /rows",
        query("at"),
        query("limit", INT),
        query("kind"),
        result=Named(result) if result == "Found" else ROWS,
        paging=pages,
    )
    return model(asked, types=(ROW, FOUND, META))


def one(request: Request, name: str, default: int) -> int:
    return int((request.query(name) or [str(default)])[0])


def ids(page: PageOf) -> list[int]:
    return [row.id for row in page.items]


async def read(echo: Echo, first: int, after: str | None = None, **arguments: Any) -> PageOf:
    paging = echo.upstream.paging(echo.upstream.model.operations[0], echo.records)
    page: PageOf = await paging(arguments, first, after)
    assert len(page.items) == len(page.cursors)
    return page


async def walk(echo: Echo, first: int, most: int = 100) -> list[int]:
    """All rows, page by page; each page but the last is full."""
    found: list[int] = []
    after = None
    for _ in range(most):
        page = await read(echo, first, after)
        found += ids(page)
        assert page.has_previous is (after is not None)
        if not page.has_next:
            return found
        assert len(page.items) == first
        after = page.cursors[-1]
    raise AssertionError("the list has no end")


def by_offset(length: int, cap: int = 1000, *, total: bool = False) -> Callable[[Request], bytes]:
    def answer(request: Request) -> bytes:
        start, size = one(request, "at", 0), min(one(request, "limit", 20), cap)
        rows = [{"id": each} for each in range(start, min(start + size, length))]
        return json_reply({"data": rows, "meta": {"total": length} if total else {}})

    return answer


def by_number(
    length: int, cap: int = 1000, start: int = 1, *, total: bool = False
) -> Callable[[Request], bytes]:
    def answer(request: Request) -> bytes:
        size = min(one(request, "limit", 20), cap)
        first = (one(request, "at", start) - start) * size
        rows = [{"id": each} for each in range(first, min(first + size, length))]
        return json_reply({"data": rows, "meta": {"total": length} if total else {}})

    return answer


@pytest.mark.parametrize("first", [1, 4, 7, 20, 30])
@pytest.mark.parametrize("length", [0, 1, 7, 20, 21])
async def test_offsets_bring_each_row_once(first: int, length: int) -> None:
    async with served(listed(PagingStyle.OFFSET), answering(by_offset(length))) as echo:
        assert await walk(echo, first) == list(range(length))


@pytest.mark.parametrize("first", [1, 4, 7, 20, 30])
@pytest.mark.parametrize("start", [0, 1])
async def test_page_numbers_bring_each_row_once(first: int, start: int) -> None:
    whole = listed(PagingStyle.PAGE, start=start, total=("meta", "total"))
    async with served(whole, answering(by_number(21, start=start, total=True))) as echo:
        assert await walk(echo, first) == list(range(21))


@pytest.mark.parametrize(("style", "make"), [(PagingStyle.OFFSET, by_offset), (PagingStyle.PAGE, by_number)])
async def test_pages_that_are_smaller_than_asked_for_are_put_together(style: PagingStyle, make: Any) -> None:
    whole = listed(style, total=("meta", "total"))
    async with served(whole, answering(make(45, cap=10, total=True))) as echo:
        page = await read(echo, 25)
        assert ids(page) == list(range(25))
        assert page.has_next
        assert page.total == 45
        assert len(echo.wire.requests) == 3
        rest = await read(echo, 25, page.cursors[-1])
        assert ids(rest) == list(range(25, 45))
        assert not rest.has_next


async def test_a_page_starts_behind_any_row() -> None:
    for style, make in ((PagingStyle.OFFSET, by_offset), (PagingStyle.PAGE, by_number)):
        async with served(listed(style, total=("meta", "total")), answering(make(30, total=True))) as echo:
            page = await read(echo, 10)
            assert ids(await read(echo, 10, page.cursors[3])) == list(range(4, 14))


async def test_a_row_more_tells_the_end_where_nothing_else_does() -> None:
    async with served(listed(PagingStyle.OFFSET), answering(by_offset(7))) as echo:
        assert (await read(echo, 6)).has_next
        assert not (await read(echo, 7)).has_next
        assert [request.query("limit") for request in echo.wire.requests] == [["7"], ["8"]]


async def test_as_many_calls_as_a_page_may_take_end_it() -> None:
    async with served(
        listed(PagingStyle.OFFSET, total=("meta", "total")), answering(by_offset(90, 2, total=True))
    ) as echo:
        page = await read(echo, 50)
        assert ids(page) == list(range(20))
        assert page.has_next
        assert len(echo.wire.requests) == 10


def by_token(request: Request) -> bytes:
    start, size = one(request, "at", 0), min(one(request, "limit", 5), 5)
    rows = [{"id": each} for each in range(start, min(start + size, 12))]
    following = str(start + size) if start + size < 12 else None
    return json_reply({"data": rows, "meta": {"next": following}})


@pytest.mark.parametrize("first", [1, 3, 5, 8, 12, 20])
async def test_tokens_bring_each_row_once(first: int) -> None:
    async with served(listed(PagingStyle.CURSOR, next=("meta", "next")), answering(by_token)) as echo:
        assert await walk(echo, first) == list(range(12))


async def test_a_page_starts_behind_any_row_of_a_page_with_a_token() -> None:
    async with served(listed(PagingStyle.CURSOR, next=("meta", "next")), answering(by_token)) as echo:
        page = await read(echo, 8)
        for at, cursor in enumerate(page.cursors):
            assert ids(await read(echo, 2, cursor)) == [at + 1, at + 2]


@pytest.mark.parametrize("more", [("meta", "more"), ()])
@pytest.mark.parametrize("first", [1, 4, 5, 12, 13])
async def test_the_last_row_is_the_token_where_lists_go_by_their_rows(
    first: int, more: tuple[str, ...]
) -> None:
    def answer(request: Request) -> bytes:
        start = one(request, "at", -1) + 1
        rows = [{"id": each} for each in range(start, min(start + one(request, "limit", 5), 12))]
        return json_reply({"data": rows, "meta": {"more": start + len(rows) < 12}})

    whole = listed(PagingStyle.CURSOR, last_member="id", more=more)
    async with served(whole, answering(answer)) as echo:
        assert await walk(echo, first) == list(range(12))


def by_link(request: Request) -> bytes:
    page = one(request, "page", 1)
    rows = [{"id": each} for each in range((page - 1) * 5, min(page * 5, 12))]
    links = [f'<https://api.shop.example/rows?page={page - 1}>; rel="prev"']
    if page < 3:
        links.append(f'<https://api.shop.example/rows?page={page + 1}&kind=b&key=s%2C1>; rel="last next"')
    body = json_reply(rows).partition(b"\r\n\r\n")[2]
    return reply(body, content_type="application/json", link=", ".join(links))


LINKED = listed(PagingStyle.LINK, "Rows", position="")


@pytest.mark.parametrize("first", [1, 3, 5, 8, 12, 20])
async def test_links_bring_each_row_once(first: int) -> None:
    whole = Model(**{**vars_of(LINKED), "servers": ("https://api.shop.example",)})
    async with served(whole, answering(by_link)) as echo:
        assert await walk(echo, first) == list(range(12))


def vars_of(whole: Model) -> dict[str, Any]:
    return {name: getattr(whole, name) for name in whole.__struct_fields__}


async def test_of_a_link_only_the_query_is_used_and_the_clients_arguments_win() -> None:
    security = {"key": Security("key", SecurityKind.API_KEY_QUERY, "key")}
    changed = {"servers": ("https://api.shop.example",), "security": security}
    async with served(Model(**{**vars_of(LINKED), **changed}), answering(by_link)) as echo:
        page = await read(echo, 8, kind="a")
        assert echo.last.target == "/rows?kind=a&page=2"
        assert not any("key" in cursor for cursor in page.cursors)


async def test_a_key_that_the_upstream_repeats_in_its_link_stands_in_no_cursor() -> None:
    given = ApiKey("MY_KEY", query="apiKey")

    def answer(request: Request) -> bytes:
        body = json_reply([{"id": 1}]).partition(b"\r\n\r\n")[2]
        return reply(
            body, content_type="application/json", link="</rows?page=2&apiKey=canary-4f1d9c>; rel=next"
        )

    async with served(LINKED, answering(answer), credentials=given, MY_KEY="canary-4f1d9c") as echo:
        page = await read(echo, 2)
        assert echo.last.target == "/rows?page=2&apiKey=canary-4f1d9c"
        assert not any("canary" in cursor for cursor in page.cursors)


async def test_a_link_to_another_host_is_wrong_data() -> None:
    async with served(LINKED, answering(by_link)) as echo:
        with pytest.raises(UpstreamBadData, match="another host"):
            await read(echo, 8)


async def test_an_address_in_the_body_is_followed_by_its_token_or_its_query() -> None:
    def answer(request: Request) -> bytes:
        page = one(request, "p", 1)
        following = f"/elsewhere?p={page + 1}" if page < 3 else None
        return json_reply({"data": [{"id": page}], "meta": {"next": following}})

    async with served(listed(PagingStyle.CURSOR, next=("meta", "next")), answering(answer)) as echo:
        assert await walk(echo, 2) == [1, 2, 3]
        assert {request.target.partition("?")[0] for request in echo.wire.requests} == {"/rows"}


@pytest.mark.parametrize("style", list(PagingStyle))
@pytest.mark.parametrize(
    "cursor", ["", "12", "ffffffff[1]", "x" * 10_000, "\ud800", "offset:3", 'ffffffff["a",0]', "[1]"]
)
async def test_a_cursor_of_another_list_is_refused(style: PagingStyle, cursor: str) -> None:
    async with served(listed(style), answering(by_offset(5))) as echo:
        with pytest.raises(InputError, match="'after' is not a cursor of this list"):
            await read(echo, 2, cursor)
        assert echo.wire.requests == []


@pytest.mark.parametrize("place", ["[-1]", "[1e3]", "[9999999999999]", "[null]", "[1,2]", '["1"]', "{}"])
async def test_a_cursor_that_was_made_up_is_refused(place: str) -> None:
    async with served(listed(PagingStyle.OFFSET), answering(by_offset(5))) as echo:
        mark = (await read(echo, 1)).cursors[0][:8]
        with pytest.raises(InputError):
            await read(echo, 1, mark + place)


@pytest.mark.parametrize("meta", [{"total": "12", "more": 1}, {"total": -1}, [], None, {"total": {"a": 1}}])
async def test_what_a_page_says_of_itself_may_be_nonsense(meta: Any) -> None:
    whole = listed(PagingStyle.OFFSET, total=("meta", "total"), more=("meta", "more"))
    async with served(whole, json_reply({"data": [{"id": 1}], "meta": meta})) as echo:
        page = await read(echo, 1)
        assert ids(page) == [1]


async def test_rows_are_narrowed_to_what_is_wanted() -> None:
    wide = thing("Row", field("id", INT), field("note"))
    whole = Model(
        **{**vars_of(listed(PagingStyle.OFFSET)), "types": {"Row": wide, "Found": FOUND, "Meta": META}}
    )
    async with served(whole, json_reply({"data": [{"id": 1, "note": "n"}]})) as echo:
        paging = echo.upstream.paging(whole.operations[0], echo.records, frozenset(("note",)))
        (row,) = (await paging({}, 5, None)).items
        assert row.note == "n"
        assert not hasattr(row, "id")
