"""Relay paging over offset-paged reads, compared with a model that cuts a plain list."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patchbay.errors import ConfigurationError, InputError
from patchbay.paging import PageArguments, Slice, connect, decode_cursor, encode_cursor, page_resolver
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
from tests.patchbay.reads import Read


class Rows(msgspec.Struct, frozen=True):
    items: Sequence[int]
    total: int


class Listing:
    """A list of the numbers 0, 1, 2 … that notes which pages were asked for."""

    def __init__(self, total: int, surplus: int = 0) -> None:
        self.rows = list(range(total))
        self.surplus = surplus
        self.asked: list[tuple[int, int]] = []

    async def fetch(self, offset: int, limit: int) -> Rows:
        assert offset >= 0
        assert 0 <= limit <= 100
        self.asked.append((offset, limit))
        return Rows(self.rows[offset : offset + limit + self.surplus], len(self.rows))


def page(
    listing: Listing,
    first: int | None = None,
    after: int | None = None,
    last: int | None = None,
    before: int | None = None,
) -> Slice:
    arguments = PageArguments(
        first=first,
        after=None if after is None else encode_cursor(after),
        last=last,
        before=None if before is None else encode_cursor(before),
    )
    return asyncio.run(connect(listing.fetch, arguments))


OFFSETS = st.none() | st.integers(0, 40)
SIZES = st.none() | st.integers(0, 100) | st.integers(0, 8)


@given(
    st.integers(0, 30),
    st.one_of(SIZES.map(lambda n: (n, None)), SIZES.map(lambda n: (None, n))),
    OFFSETS,
    OFFSETS,
)
@example(5, (None, 3), None, 40)
@example(5, (None, 3), 1, 40)
@example(5, (None, 3), 3, 1)
@example(0, (None, 3), None, None)
def test_every_page_is_the_one_that_a_plain_list_would_give(
    total: int, size: tuple[int | None, int | None], after: int | None, before: int | None
) -> None:
    first, last = size
    offsets = list(range(total))
    if after is not None:
        offsets = [offset for offset in offsets if offset > after]
    if before is not None:
        offsets = [offset for offset in offsets if offset < before]
    if last is None:
        expected = offsets[: 20 if first is None else first]
    else:
        expected = offsets[max(0, len(offsets) - last) :]

    listing = Listing(total)
    result = page(listing, first, after, last, before)

    assert [edge.node for edge in result.edges] == expected
    assert [decode_cursor(edge.cursor, "after") for edge in result.edges] == expected
    assert result.total_count == total
    assert len(listing.asked) == 1 or last is not None
    assert len(listing.asked) <= 2
    info = result.page_info
    assert (info.start_cursor, info.end_cursor) == (
        (encode_cursor(expected[0]), encode_cursor(expected[-1])) if expected else (None, None)
    )
    if expected:
        assert info.has_next_page == (expected[-1] < total - 1)
        assert info.has_previous_page == (expected[0] > 0)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_walking_the_pages_meets_every_row_once(size: int) -> None:
    listing = Listing(23)
    forward: list[int] = []
    result = page(listing, first=size)
    forward += [edge.node for edge in result.edges]
    while result.page_info.has_next_page:
        result = page(listing, first=size, after=forward[-1])
        forward += [edge.node for edge in result.edges]
    backward: list[int] = []
    result = page(listing, last=size)
    backward = [edge.node for edge in result.edges]
    while result.page_info.has_previous_page:
        result = page(listing, last=size, before=backward[0])
        backward = [edge.node for edge in result.edges] + backward
    assert forward == backward == listing.rows


def test_one_read_is_enough_except_for_the_end_of_a_list_of_unknown_length() -> None:
    listing = Listing(50)
    page(listing)
    page(listing, first=5, after=9)
    page(listing, last=5, before=20)
    assert listing.asked == [(0, 20), (10, 5), (15, 5)]
    listing.asked.clear()
    page(listing, last=5)
    assert listing.asked == [(0, 0), (45, 5)]


def test_more_rows_than_asked_for_do_not_shift_the_next_page() -> None:
    listing = Listing(30, surplus=4)
    result = page(listing, first=5)
    assert [edge.node for edge in result.edges] == [0, 1, 2, 3, 4]
    assert result.page_info.end_cursor == encode_cursor(4)
    assert page(listing, first=0).edges == []


async def test_asking_for_one_page_many_times_reads_it_once() -> None:
    def rows(key: tuple[int, int]) -> Rows:
        offset, limit = key
        return Rows(range(offset, offset + limit), 1000)

    read = Read(rows)
    resolve = page_resolver(read)
    enter_scope(Scope())
    same = await asyncio.gather(*(resolve(first=100) for _ in range(300)))
    assert all([edge.node for edge in each.edges] == list(range(100)) for each in same)
    other = await resolve(first=2, after=encode_cursor(9))
    assert [edge.node for edge in other.edges] == [10, 11]
    assert read.calls == [([(0, 100)], {}), ([(10, 2)], {})]


async def test_the_last_rows_of_a_list_at_the_root_need_no_cursor() -> None:
    read = Read(lambda key: Rows(range(50)[key[0] : key[0] + key[1]], 50))
    enter_scope(Scope())
    result = await page_resolver(read)(last=3)
    assert [edge.node for edge in result.edges] == [47, 48, 49]
    assert read.calls == [([(0, 0)], {}), ([(47, 3)], {})]


def test_a_page_with_an_argument_that_nobody_gives_is_refused() -> None:
    things = Rest("things", base_url="THINGS_URL")
    read = things.page(
        "GET /shops/{shop}/things?offset={offset}&limit={limit}", Rows, items="rows", total="total"
    )
    with pytest.raises(ConfigurationError) as caught:
        page_resolver(read)
    assert str(caught.value) == "things: GET /shops/{shop}/things takes shop, which no page resolver gives"


async def test_a_list_that_is_not_there_is_empty() -> None:
    async def nothing(offset: int, limit: int) -> None:
        return None

    for first, last in ((5, None), (None, 5)):
        arguments = PageArguments(first=first, after=None, last=last, before=None)
        result = await connect(nothing, arguments)
        assert (result.edges, result.total_count) == ([], 0)
        assert not result.page_info.has_next_page
        assert not result.page_info.has_previous_page


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (-1, None, "argument 'first' must not be negative"),
        (101, None, "argument 'first' must be at most 100"),
        (2**31 - 1, None, "argument 'first' must be at most 100"),
        (None, -1, "argument 'last' must not be negative"),
        (None, 101, "argument 'last' must be at most 100"),
        (1, 1, "argument 'last' cannot be combined with 'first'"),
        (0, 0, "argument 'last' cannot be combined with 'first'"),
    ],
)
def test_sizes_that_are_none_are_refused_by_name(first: int | None, last: int | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        PageArguments(first=first, after=None, last=last, before=None)
    assert str(caught.value) == message
    assert caught.value.extensions == {"code": "BAD_USER_INPUT", "argument": caught.value.argument}


def base64_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


BROKEN = [
    "",
    "5",
    "offset:5",
    "not base64!",
    "b2Zmc2V0OjU",
    "b2Zmc2V0OjU=\n",
    base64_of(""),
    base64_of("offset:"),
    base64_of("offset:-1"),
    base64_of("offset:+1"),
    base64_of("offset:05"),
    base64_of("offset:1.5"),
    base64_of("offset:1\n"),
    base64_of("offset:1000000000"),
    base64_of("offset:" + "9" * 5000),
    base64_of("offset:٣"),
    base64_of("arrayconnection:5"),
    base64.b64encode(b"\xff\xfe").decode(),
    "日本",
    "\ud800",
    "b2Zmc2V0OjU=\0",
]


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize("cursor", BROKEN, ids=range(len(BROKEN)))
def test_a_cursor_that_is_none_of_ours_is_refused_by_name(argument: str, cursor: str) -> None:
    cursors = {"after": None, "before": None, argument: cursor}
    with pytest.raises(InputError) as caught:
        PageArguments(first=None, last=None, **cursors)
    assert str(caught.value) == f"argument '{argument}' is not a cursor of this list"


@given(st.text(st.characters(), max_size=40))
def test_no_text_is_more_than_a_wrong_cursor(text: str) -> None:
    try:
        offset = decode_cursor(text, "after")
    except InputError:
        return
    assert 0 <= offset < 10**9


@given(st.integers(0, 10**9 - 1))
def test_a_cursor_comes_back_as_its_offset(offset: int) -> None:
    assert decode_cursor(encode_cursor(offset), "after") == offset
