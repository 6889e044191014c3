"""What goes over the wire for an operation's arguments."""

from __future__ import annotations

import email
import json
from email.message import Message
from typing import Any

import pytest

from patchbay.errors import InputError
from patchbay.importing.model import Body, BodyKind, InputType, ListOf, Named, Part, Place
from tests.importing.rest.making import (
    INT,
    TEXTS,
    argument,
    body,
    field,
    header,
    model,
    operation,
    path,
    query,
    served,
)

FILE = {"filename": "a.png", "content_type": "image/png", "content": b"\x89PNG\r\n"}


async def test_path_and_query_hold_the_values_encoded() -> None:
    asked = operation(
        "GET /shops/{shop}/things/{id}.json", path("shop"), path("id", INT), query("tags", TEXTS)
    )
    async with served(asked) as echo:
        await echo.ask(shop="a/b c", id=7, tags=["x,y", "z"])
        assert echo.last.target == "/shops/a%2Fb%20c/things/7.json?tags=x%2Cy&tags=z"


async def test_what_is_not_given_is_not_sent() -> None:
    async with served(operation("GET /things", query("a"), query("b"), header("X-C"))) as echo:
        await echo.ask(b=None)
        assert echo.last.target == "/things"
        assert "x-c" not in echo.last.headers


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800"])
async def test_a_thing_that_no_address_can_name_is_not_there(value: str) -> None:
    async with served(operation("GET /things/{id}", path("id"))) as echo:
        assert await echo.ask(id=value) is None
        assert echo.wire.requests == []


async def test_a_write_to_what_no_address_can_name_says_which_argument() -> None:
    async with served(operation("DELETE /things/{id}", path("id"))) as echo:
        with pytest.raises(InputError, match="'id'"):
            await echo.ask(id="..")
        assert echo.wire.requests == []


async def test_a_path_with_a_query_of_its_own_keeps_it() -> None:
    async with served(operation("GET /things?action=list&of={kind}#x", path("kind"), query("page"))) as echo:
        await echo.ask(kind="a&b", page="2")
        assert echo.last.target == "/things?action=list&of=a%26b&page=2"


async def test_a_parameter_with_json_content_is_json() -> None:
    where = query("where", Named("JSON"), content_type="application/json")
    async with served(operation("GET /things", where)) as echo:
        await echo.ask(where={"a": [1, "ö"]})
        assert json.loads(echo.last.query("where")[0]) == {"a": [1, "ö"]}


async def test_headers_and_cookies_are_sent() -> None:
    tags = header("X-Tags", TEXTS)
    cookies = argument("session", Place.COOKIE), argument("ids", Place.COOKIE, TEXTS)
    async with served(
        operation("GET /things", tags, header("X-Deep", content_type="application/json"), *cookies)
    ) as echo:
        await echo.ask(**{"X-Tags": ["a", "b"], "X-Deep": {"ö": 1}, "session": "a;b", "ids": ["1", "2"]})
        assert echo.last.headers["x-tags"] == "a,b"
        assert json.loads(echo.last.headers["x-deep"]) == {"ö": 1}
        assert echo.last.headers["cookie"] == "session=a%3Bb; ids=1; ids=2"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "ä"])
async def test_a_header_cannot_become_two(value: str) -> None:
    async with served(operation("GET /things", header("X-Tag"))) as echo:
        with pytest.raises(InputError, match="'X-Tag' holds characters that a header cannot carry"):
            await echo.ask(**{"X-Tag": value})
        assert echo.wire.requests == []


@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "Host", "Bad Name", "X\r\nY"])
async def test_arguments_cannot_say_how_a_call_is_sent(name: str) -> None:
    async with served(operation("GET /things", header(name))) as echo:
        await echo.ask(**{name: "7"})
        assert len(echo.wire.requests) == 1
        assert echo.last.headers.get(name.lower()) != "7"


async def test_an_idempotency_key_goes_into_its_header_and_is_checked() -> None:
    key = header("Idempotency-Key")
    asked = operation("POST /things", key, rest={"idempotency_header": "Idempotency-Key"})
    async with served(asked) as echo:
        await echo.ask(**{"Idempotency-Key": "k1"})
        assert echo.last.headers["idempotency-key"] == "k1"
        with pytest.raises(InputError, match="1 to 255 visible"):
            await echo.ask(**{"Idempotency-Key": "k 1"})


async def test_a_json_body_is_written_with_whole_numbers_of_any_size() -> None:
    order = InputType(
        "OrderInput",
        (field("total", Named("BigInt")), field("note"), field("parts", ListOf(Named("OrderInput")))),
    )
    asked = operation(
        "POST /orders", body(Named("OrderInput")), takes=Body(BodyKind.JSON, "application/json")
    )
    async with served(model(asked, types=(order,))) as echo:
        big = str(2**70)
        await echo.ask(body={"total": big, "note": "12", "parts": [{"total": "-5"}]})
        assert echo.last.headers["content-type"] == "application/json"
        assert echo.last.body.decode() == f'{{"total":{big},"note":"12","parts":[{{"total":-5}}]}}'


async def test_null_is_a_json_body_where_it_is_given() -> None:
    asked = operation("PUT /things", body(), takes=Body(BodyKind.JSON, "application/json"))
    async with served(asked) as echo:
        await echo.ask(body=None)
        assert echo.last.body == b"null"
        await echo.ask()
        assert echo.last.body == b""
        assert "content-type" not in echo.last.headers


async def test_a_form_is_written_with_the_styles_of_its_parts() -> None:
    parts = (
        Part("items", style="deepObject"),
        Part("ids", style="form", explode=False),
        Part("meta", "application/json"),
    )
    takes = Body(BodyKind.FORM, "application/x-www-form-urlencoded", parts=parts)
    async with served(operation("POST /things", body(Named("JSON")), takes=takes)) as echo:
        await echo.ask(
            body={
                "items": [{"price": 1}],
                "ids": ["1", "2"],
                "meta": [1],
                "tags": ["a&b", "c"],
                "of": {"x": 1},
                "no": None,
            }
        )
        assert echo.last.headers["content-type"] == "application/x-www-form-urlencoded"
        assert echo.last.body.decode().split("&") == [
            "items%5B0%5D%5Bprice%5D=1",
            "ids=1,2",
            "meta=%5B1%5D",
            "tags=a%26b",
            "tags=c",
            "of=%7B%22x%22%3A1%7D",
        ]


def parts_of(request: Any) -> list[Message]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body)
    assert message.is_multipart()
    return list(message.get_payload())


async def test_a_multipart_body_has_a_part_for_each_member_and_file() -> None:
    parts = (Part("photo", is_file=True), Part("data", "application/vnd.x+json"))
    takes = Body(BodyKind.MULTIPART, "multipart/form-data", parts=parts)
    async with served(operation("POST /things", body(Named("JSON")), takes=takes)) as echo:
        await echo.ask(
            body={"photo": [FILE, {**FILE, "filename": None}], "data": {"a": 1}, "n": 7, "s": ["x", "y"]}
        )
        photo, second, data, number, *texts = parts_of(echo.last)
        assert photo.get_filename() == "a.png"
        assert photo.get_content_type() == "image/png"
        assert photo.get_payload(decode=True) == b"\x89PNG\r\n"
        assert second.get_filename() == "photo"
        assert data.get_content_type() == "application/vnd.x+json"
        assert data.get_payload(decode=True) == b'{"a":1}'
        assert (number.get_param("name", header="content-disposition"), number.get_payload()) == ("n", "7")
        assert [each.get_payload() for each in texts] == ["x", "y"]


async def test_a_file_cannot_write_into_the_head_of_its_part() -> None:
    takes = Body(BodyKind.MULTIPART, "multipart/form-data")
    evil = {"filename": 'a"\r\nX-Evil: 1\r\n\r\n', "content_type": "text/plain\r\nX-Evil: 2", "content": b"x"}
    async with served(operation("POST /things", body(Named("JSON")), takes=takes)) as echo:
        await echo.ask(body={"file": evil})
        (part,) = parts_of(echo.last)
        assert part["X-Evil"] is None
        assert part.get_content_type() == "application/octet-stream"
        assert part.get_payload() == "x"


@pytest.mark.parametrize(
    ("declared", "value", "sent", "content_type"),
    [
        ("image/jpeg", FILE, b"\x89PNG\r\n", "image/jpeg"),
        ("*/*", FILE, b"\x89PNG\r\n", "image/png"),
        ("*/*", "AAEC", b"\0\1\2", "application/octet-stream"),
    ],
)
async def test_a_binary_body_is_the_bytes(declared: str, value: Any, sent: bytes, content_type: str) -> None:
    asked = operation("POST /things", body(Named("Upload")), takes=Body(BodyKind.BINARY, declared))
    async with served(asked) as echo:
        await echo.ask(body=value)
        assert echo.last.body == sent
        assert echo.last.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("kind", "declared", "content_type"),
    [
        (BodyKind.TEXT, "text/csv", "text/csv; charset=utf-8"),
        (BodyKind.TEXT, "*/*", "text/plain; charset=utf-8"),
        (BodyKind.XML, "application/xml", "application/xml"),
    ],
)
async def test_a_text_is_sent_in_utf8(kind: BodyKind, declared: str, content_type: str) -> None:
    async with served(operation("POST /things", body(), takes=Body(kind, declared))) as echo:
        await echo.ask(body="<ä/>")
        assert echo.last.body.decode() == "<ä/>"
        assert echo.last.headers["content-type"] == content_type


@pytest.mark.parametrize("kind", [BodyKind.JSON, BodyKind.FORM, BodyKind.MULTIPART])
async def test_text_without_a_utf8_form_is_the_clients_mistake(kind: BodyKind) -> None:
    async with served(operation("POST /things", body(), takes=Body(kind, "*/*"))) as echo:
        with pytest.raises(InputError, match="'body' holds text without a UTF-8 form"):
            await echo.ask(body={"a": "\ud800"})


async def test_what_is_accepted_is_said() -> None:
    asked = operation("GET /things", rest={"accept": "application/vnd.api+json"})
    async with served(asked) as echo:
        await echo.ask()
        assert echo.last.headers["accept"] == "application/vnd.api+json"
