from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import Named, Paging, PagingStyle
from tests.importing.openapi.operations.described import (
    NUMBER,
    TEXT,
    answering,
    compiled,
    get,
    listing,
    of,
    query,
    rows,
    thing,
)

ORDER = thing("id", "sku")
FLAG = {"type": "boolean"}
LIST = rows(ORDER)
LIMIT = query("limit", {"type": "integer", "maximum": 50})


def envelope(**members: Any) -> dict[str, Any]:
    return {"type": "object", "title": "Orders", "properties": members}


def held(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


def paged(schema: Any, *parameters: Any, **more: Any) -> Paging:
    paging = listing(schema, *parameters, **more).paging
    assert paging is not None
    return paging


def test_offset_and_limit_over_a_bare_list() -> None:
    paging = paged(LIST, query("offset", NUMBER), LIMIT)
    assert (paging.style, paging.position, paging.size, paging.most) == ("offset", "offset", "limit", 50)
    assert (paging.items, paging.node) == ((), Named("Order"))
    assert paging.why == "offset takes how many rows to leave out, limit how many a page has"


@pytest.mark.parametrize(
    ("position", "size"),
    [
        ("skip", "take"),
        ("$skip", "$top"),
        ("start", "count"),
        ("page[offset]", "page[limit]"),
        ("startAt", "maxResults"),
    ],
)
def test_other_names_of_offset_and_limit(position: str, size: str) -> None:
    paging = paged(LIST, query(position, NUMBER), query(size, NUMBER))
    assert paging.style is PagingStyle.OFFSET
    assert paging.most == 100


def test_the_rows_and_what_is_said_of_them_stand_in_an_envelope() -> None:
    schema = envelope(orders=LIST, total_items=NUMBER, links=rows(thing("href")), errors=rows(thing("code")))
    paging = paged(schema, query("offset", NUMBER), query("count", NUMBER))
    assert (paging.items, paging.total) == (("orders",), ("total_items",))


def test_members_about_pages_may_be_deeper() -> None:
    schema = envelope(data=LIST, meta={"type": "object", "properties": {"total": NUMBER, "hasMore": FLAG}})
    paging = paged(schema, query("page", NUMBER), query("per_page", NUMBER))
    assert (paging.total, paging.more) == (("meta", "total"), ("meta", "hasMore"))


def test_rows_may_be_in_an_envelope_in_an_envelope() -> None:
    schema = envelope(result={"type": "object", "properties": {"items": LIST, "total": NUMBER}})
    paging = paged(schema, query("page", NUMBER), LIMIT)
    assert (paging.items, paging.total) == (("result", "items"), ("result", "total"))


@pytest.mark.parametrize(
    ("schema", "described", "start"),
    [
        (NUMBER, "", 1),
        ({"type": "integer", "default": 0}, "", 0),
        ({"type": "integer", "default": 1}, "", 1),
        ({"type": "integer", "minimum": 1, "default": 5}, "", 1),
        (NUMBER, "Zero-based page index (0..N)", 0),
        (NUMBER, "The page, starting from 0.", 0),
        (NUMBER, "The page, starting at 1", 1),
    ],
)
def test_the_first_page_s_number(schema: Any, described: str, start: int) -> None:
    paging = paged(LIST, query("page", schema, description=described), query("per_page", NUMBER))
    assert (paging.style, paging.start) == (PagingStyle.PAGE, start)


@pytest.mark.parametrize(
    ("described", "most"),
    [
        ("Limit can range between 1 and 25", 25),
        ("Max is 1,000", 1000),
        ("maximum: 200", 200),
        ("Returns up to 30 rows", 30),
        ("How many", 100),
    ],
)
def test_the_most_rows_of_a_page_may_stand_in_the_description(described: str, most: int) -> None:
    paging = paged(LIST, query("offset", NUMBER), query("limit", NUMBER, description=described))
    assert paging.most == most


@pytest.mark.parametrize(
    ("parameter", "members", "path"),
    [
        ("cursor", {"next_cursor": TEXT}, ("next_cursor",)),
        ("pageToken", {"nextPageToken": TEXT}, ("nextPageToken",)),
        ("after", {"paging": held(next=TEXT, cursors=held(after=TEXT))}, ("paging", "cursors", "after")),
        ("pagination_token", {"meta": held(next_token=TEXT, previous_token=TEXT)}, ("meta", "next_token")),
        ("NextToken", {"NextToken": TEXT}, ("NextToken",)),
        ("continuationToken", {"continuationToken": TEXT}, ("continuationToken",)),
        ("page", {"next_page": TEXT}, ("next_page",)),
        ("PageToken", {"next_page_uri": TEXT}, ("next_page_uri",)),
    ],
)
def test_cursors_come_from_the_answer(parameter: str, members: Any, path: tuple[str, ...]) -> None:
    paging = paged(envelope(data=LIST, **members), query(parameter), LIMIT)
    assert (paging.style, paging.next) == (PagingStyle.CURSOR, path)


def test_a_cursor_may_be_the_id_of_the_last_row() -> None:
    paging = paged(envelope(data=LIST, has_more=FLAG), query("starting_after"), LIMIT)
    assert (paging.style, paging.last_member, paging.more) == (PagingStyle.CURSOR, "id", ("has_more",))


def test_an_after_that_is_a_date_is_no_cursor() -> None:
    after = query("after", {"type": "string", "format": "date-time"})
    assert listing(envelope(data=LIST, next=TEXT), after, LIMIT).paging is None
    assert listing(LIST, query("after"), LIMIT).paging is None


def test_a_link_header_is_recognised() -> None:
    responses = answering(LIST, headers={"Link": {"schema": TEXT}})
    assert of({"/orders": {"get": get([LIMIT], responses)}}).paging == Paging(
        PagingStyle.LINK, (), Named("Order"), size="limit", most=50, why="the answer has a Link header"
    )
    described = listing(LIST, description='See rel="next" of the Link header.').paging
    assert described is not None
    assert described.style is PagingStyle.LINK


def test_an_address_of_the_next_page_in_the_answer_is_recognised() -> None:
    paging = paged(envelope(value=LIST, **{"@odata.nextLink": TEXT}))
    assert (paging.style, paging.next) == (PagingStyle.LINK, ("@odata.nextLink",))
    deeper = paged(
        envelope(data=LIST, _links={"type": "object", "properties": {"next": envelope(href=TEXT)}})
    )
    assert deeper.next == ("_links", "next", "href")


def test_the_next_page_s_address_tells_whether_there_is_one_where_pages_are_counted() -> None:
    schema = envelope(results=LIST, count=NUMBER, next=TEXT, previous=TEXT)
    paging = paged(schema, query("limit", NUMBER), query("offset", NUMBER))
    assert (paging.style, paging.total, paging.next) == (PagingStyle.OFFSET, ("count",), ("next",))


@pytest.mark.parametrize(
    ("schema", "parameters"),
    [
        (LIST, []),
        (LIST, [LIMIT]),
        (LIST, [query("page")]),
        (LIST, [query("offset", NUMBER)]),
        (LIST, [query("from", NUMBER), query("to", NUMBER)]),
        (ORDER, [query("offset", NUMBER), LIMIT]),
        (rows(TEXT), [query("offset", NUMBER), LIMIT]),
        (thing("id", lines=rows(thing("sku"))), [query("page", NUMBER), LIMIT]),
        (envelope(first=LIST, second=LIST), [query("page", NUMBER), LIMIT]),
        (envelope(data=LIST), [query("cursor")]),
    ],
)
def test_what_is_not_certain_is_no_page(schema: Any, parameters: Any) -> None:
    assert listing(schema, *parameters).paging is None


def test_what_changes_something_has_no_pages() -> None:
    paths = {"/orders": {"post": get([query("offset", NUMBER), LIMIT], answering(LIST))}}
    assert compiled(paths).operations[0].paging is None
