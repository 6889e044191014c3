"""What an operation answers with, and which errors it ends in."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.errors import (
    UpstreamBadData,
    UpstreamError,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamUnavailable,
)
from patchbay.importing.model import BodyKind, ErrorAnswer, ListOf, Named, Security, SecurityKind
from patchbay.scope import Scope, enter_scope
from tests.importing.rest.making import field, header, model, operation, path, served, thing
from tests.patchbay.wire import json_reply, reply

ORDER = thing("Order", field("id"), field("number", Named("Int")))
ORDERS = operation("GET /orders", result=ListOf(Named("Order")))
JSON = "application/json"


async def test_json_becomes_records_with_the_attributes_that_are_wanted() -> None:
    rows = [{"id": "a", "number": 1, "more": 2}]
    async with served(model(ORDERS, types=(ORDER,)), json_reply(rows)) as echo:
        (order,) = await echo.ask()
        assert (order.id, order.number) == ("a", 1)
        small = echo.upstream.reading(ORDERS, echo.records, frozenset(("id",)))
        (order,) = await small({})
        assert order.id == "a"
        assert not hasattr(order, "number")


@pytest.mark.parametrize("answer", [reply(status="204 No Content"), reply(), reply(content_type=JSON)])
async def test_an_empty_answer_is_null(answer: bytes) -> None:
    async with served(operation(), answer) as echo:
        assert await echo.ask() is None


@pytest.mark.parametrize(
    "answer",
    [
        reply('\ufeff"ä"'.encode(), content_type=JSON),
        reply('"ä"'.encode("latin-1"), content_type="application/json; charset=iso-8859-1"),
        reply('"ä"'.encode("utf-16"), content_type="application/json; charset=utf-16"),
        reply('"ä"'.encode(), content_type="application/json; charset=nonsense"),
        reply('"ä"'.encode(), content_type="text/plain"),
        reply('"ä"'.encode()),
    ],
)
async def test_json_in_any_encoding_is_read(answer: bytes) -> None:
    async with served(operation(), answer) as echo:
        assert await echo.ask() == "ä"


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"<html>Log in</html>", content_type="text/html; charset=utf-8"),
        reply(b"<html>", content_type=JSON),
        reply(b"\xff\xfe", content_type=JSON),
    ],
)
async def test_a_login_page_is_no_answer(answer: bytes) -> None:
    async with served(operation(), answer) as echo:
        with pytest.raises(UpstreamBadData) as caught:
            await echo.ask()
        assert "Log in" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        (BodyKind.TEXT, reply("ä".encode(), content_type="text/plain"), "ä"),
        (BodyKind.TEXT, reply("ä".encode("latin-1"), content_type='text/plain; charset="latin1"'), "ä"),
        (BodyKind.XML, reply(b"<a/>", content_type="application/xml"), "<a/>"),
        (BodyKind.BINARY, reply(b"\0\xff", content_type="image/png"), "AP8="),
        (BodyKind.NOTHING, reply(status="204 No Content"), True),
        (BodyKind.NOTHING, reply(b"anything"), True),
    ],
)
async def test_other_answers_are_texts_base64_and_true(kind: BodyKind, answer: bytes, expected: Any) -> None:
    async with served(operation(kind=kind), answer) as echo:
        assert await echo.ask() == expected


async def test_a_head_request_ends_with_its_headers() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    async with served(operation("HEAD /things", kind=BodyKind.NOTHING, is_mutation=False), answer) as echo:
        assert await echo.ask() is True
        assert await echo.ask() is True


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_what_is_not_there_is_null_where_the_address_names_one_thing(status: str) -> None:
    async with served(operation("GET /things/{id}", path("id")), reply(status=status)) as echo:
        assert await echo.ask(id="x") is None
    async with served(operation("GET /things"), reply(status=status)) as echo:
        with pytest.raises(UpstreamRefused):
            await echo.ask()
    async with served(operation("DELETE /things/{id}", path("id")), reply(status=status)) as echo:
        with pytest.raises(UpstreamRefused):
            await echo.ask(id="x")


PROBLEM = {
    "type": "about:blank",
    "title": "Out of stock",
    "detail": "only 2 left",
    "balance": 30,
    "trace": "at x.py",
}


async def failing(
    answer: bytes, *errors: ErrorAnswer, types: tuple[Any, ...] = (), **values: Any
) -> UpstreamError:
    async with served(model(operation("POST /things", errors=errors), types=types), answer, **values) as echo:
        with pytest.raises(UpstreamError) as caught:
            await echo.ask()
        return caught.value


def problem(value: Any, status: str, kind: str = "application/problem+json") -> bytes:
    return reply(json_reply(value).partition(b"\r\n\r\n")[2], status, content_type=kind)


async def test_problem_json_tells_the_members_of_its_standard_and_no_others() -> None:
    error = await failing(problem(PROBLEM, "409 Conflict"))
    assert isinstance(error, UpstreamRefused)
    assert error.extensions == {
        "code": "UPSTREAM_REFUSED",
        "source": "shop",
        "status": 409,
        "detail": {"type": "about:blank", "title": "Out of stock", "detail": "only 2 left"},
    }


async def test_declared_members_of_an_error_are_told_by_their_names_in_the_schema() -> None:
    inner = thing("Inner", field("errorCode", wire="error_code"), field("param"), field("raw", Named("JSON")))
    outer = thing("Failure", field("error", Named("Inner")), field("hints", ListOf(Named("String"))))
    answer = {
        "error": {"error_code": "declined", "raw": {"x": 1}, "more": 1},
        "hints": ["a" * 2000],
        "stack": "at x",
    }
    declared = ErrorAnswer("4XX", "application/json", Named("Failure"))
    error = await failing(problem(answer, "402 Payment Required", JSON), declared, types=(inner, outer))
    assert error.extensions["detail"] == {"error": {"errorCode": "declined"}, "hints": ["a" * 1000]}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [(("404", "4XX", "default"), "a"), (("4XX", "default"), "b"), (("default",), "c"), (("500",), None)],
)
async def test_the_nearest_declaration_of_a_status_counts(
    statuses: tuple[str, ...], expected: str | None
) -> None:
    names = {"404": "a", "4XX": "b", "default": "c", "500": "d"}
    types = tuple(thing(name.upper(), field(name)) for name in names.values())
    errors = tuple(ErrorAnswer(status, JSON, Named(names[status].upper())) for status in statuses)
    everything = {name: name for name in names.values()}
    error = await failing(problem(everything, "404 Not Found", JSON), *errors, types=types)
    assert error.detail == (None if expected is None else {expected: expected})


async def test_a_declared_cycle_of_errors_ends() -> None:
    cycle = thing("Failure", field("message"), field("cause", Named("Failure")))
    answer: dict[str, Any] = {"message": "0"}
    for depth in range(1, 9):
        answer = {"message": str(depth), "cause": answer}
    error = await failing(
        problem(answer, "400 Bad Request", JSON),
        ErrorAnswer("default", JSON, Named("Failure")),
        types=(cycle,),
    )
    assert error.detail == {"message": "8", "cause": {"message": "7", "cause": {"message": "6"}}}


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        ("429 Too Many Requests", UpstreamQuota, {"code": "UPSTREAM_QUOTA"}),
        ("503 Service Unavailable", UpstreamUnavailable, {"code": "UPSTREAM_UNAVAILABLE", "status": 503}),
        ("304 Not Modified", UpstreamRefused, {"status": 304}),
        ("302 Found", UpstreamRefused, {"status": 302}),
    ],
)
async def test_statuses_end_in_the_errors_of_the_house(
    status: str, kind: type[UpstreamError], told: dict[str, Any]
) -> None:
    error = await failing(reply(status=status))
    assert type(error) is kind
    assert told.items() <= error.extensions.items()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b"[" * 100_000, b'{"title": {"a": 1}}']
)
async def test_an_error_that_is_not_as_declared_tells_its_status_alone(body: bytes) -> None:
    error = await failing(reply(body, "400 Bad Request", content_type="application/problem+json"))
    assert error.detail is None


async def test_no_credential_is_told_even_where_the_upstream_repeats_it() -> None:
    said = {"title": "Invalid API key: canary-4f1d9c", "detail": "canary-4f1d9c is revoked", "status": 403}
    schemes = operation("GET /things", errors=())
    security = {"key": Security("key", SecurityKind.API_KEY_HEADER, "X-Key")}
    whole = model(schemes, security=security, requires=(("key",),))
    async with served(whole, problem(said, "403 Forbidden"), SHOP_API_KEY="canary-4f1d9c") as echo:
        with pytest.raises(UpstreamRefused) as caught:
            await echo.ask()
        assert caught.value.detail == {"status": 403}
    async with served(whole, problem(said, "401 Unauthorized"), SHOP_API_KEY="other-key") as echo:
        with pytest.raises(UpstreamRefused) as caught:
            await echo.ask()
        assert caught.value.detail is None


async def test_a_declared_status_outside_of_2xx_is_a_success() -> None:
    asked = operation("GET /things", header("If-None-Match"), rest={"statuses": ("200", "304")})
    async with served(asked, reply(status="304 Not Modified")) as echo:
        assert await echo.ask() is None


async def test_a_write_is_made_once_and_forgets_what_was_loaded() -> None:
    async with served(operation("POST /things"), reply(status="503 Service Unavailable")) as echo:
        scope = Scope()
        scope.reads["something"] = None  # type: ignore[assignment] # any entry will do
        enter_scope(scope)
        with pytest.raises(UpstreamUnavailable):
            await echo.ask()
        assert len(echo.wire.requests) == 1
        assert scope.reads == {}


async def test_a_question_over_post_may_be_asked_again() -> None:
    answers = [reply(status="503 Service Unavailable"), json_reply("well")]

    async def answer(request: Any, writer: Any) -> None:
        writer.write(answers.pop(0))

    async with served(operation("POST /search", is_mutation=False), answer) as echo:
        assert await echo.ask() == "well"
