"""Lists that are read without a key."""

from __future__ import annotations

import msgspec
import pytest

from patchbay.errors import ConfigurationError, UpstreamError
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
from tests.patchbay.calling import CANARY, assert_safe, opened
from tests.patchbay.wire import Wire, json_reply, reply


class Country(msgspec.Struct, frozen=True, rename="camel"):
    country_code: str
    people: int = 0


things = Rest("things", base_url="THINGS_URL")
countries = things.list("GET /countries", Country)
countries_of = things.list("GET /{continent}/countries?since={since}", Country, at="data.rows")

FR, IT = Country("FR", 68), Country("IT")


async def test_rows_come_in_the_upstreams_order() -> None:
    rows = [{"countryCode": "FR", "people": 68}, {"countryCode": "IT", "unknown": CANARY}]
    enter_scope(scope := Scope())
    async with Wire(json_reply(rows)) as wire, opened(things, THINGS_URL=wire.url):
        assert await countries() == [FR, IT]
        (request,) = wire.requests
    assert (request.method, request.target) == ("GET", "/countries")
    assert scope.calls == {("things", "GET /countries"): 1}
    assert (countries.name, countries.source) == ("GET /countries", "things")


async def test_an_empty_list_is_no_error() -> None:
    async with Wire(reply(b"[]")) as wire, opened(things, THINGS_URL=wire.url):
        assert await countries() == []


async def test_arguments_go_into_their_places() -> None:
    body = json_reply({"data": {"rows": [{"countryCode": "FR", "people": 68}]}})
    async with Wire(body) as wire, opened(things, THINGS_URL=wire.url):
        assert await countries_of(continent="e/u", since=None) == [FR]
        assert await countries_of(continent="eu", since=1957) == [FR]
        assert [request.target for request in wire.requests] == [
            "/e%2Fu/countries",
            "/eu/countries?since=1957",
        ]
    assert countries_of.arguments == {"continent", "since"}


@pytest.mark.parametrize("continent", ["", "..", "\ud800"])
async def test_arguments_that_no_address_can_hold_find_nothing(continent: str) -> None:
    async with Wire(reply(b"[]")) as wire, opened(things, THINGS_URL=wire.url):
        assert await countries_of(continent=continent, since=1) == []
        assert wire.requests == []


@pytest.mark.parametrize("arguments", [{}, {"continent": "eu"}, {"continent": "eu", "since": 1, "until": 2}])
async def test_other_arguments_than_declared_are_a_mistake_in_the_code(arguments: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"^things: GET /\{continent\}/countries: missing or not taken: "):
        await countries_of(**arguments)


async def failure(answer: bytes) -> UpstreamError:
    async with Wire(answer) as wire, opened(things, THINGS_URL=wire.url):
        with pytest.raises(UpstreamError) as caught:
            await countries_of(continent="eu", since=None)
    assert_safe(caught.value)
    return caught.value


async def test_one_wrong_row_fails_the_read_and_is_named() -> None:
    rows = [{"countryCode": "FR"}, {"countryCode": "IT", "people": CANARY}]
    error = await failure(json_reply({"data": {"rows": rows}}))
    assert str(error) == "things: Expected `int`, got `str` at $.data.rows[1].people"
    assert error.extensions["path"] == "$.data.rows[1].people"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json_reply([]), "UPSTREAM_BAD_DATA"),
        (json_reply({"data": {"rows": None}}), "UPSTREAM_BAD_DATA"),
        (reply(CANARY.encode()), "UPSTREAM_BAD_DATA"),
        (reply(b"", "404 Not Found"), "UPSTREAM_REFUSED"),
        (reply(b"", "429 Too Many"), "UPSTREAM_QUOTA"),
        (reply(b"", "503 Busy"), "UPSTREAM_UNAVAILABLE"),
    ],
)
async def test_what_is_no_list_is_an_error(answer: bytes, code: str) -> None:
    assert (await failure(answer)).code == code


async def test_what_is_not_open_is_unavailable() -> None:
    with pytest.raises(UpstreamError, match="things: is not open"):
        await countries()


def test_what_is_no_operation_is_refused_at_declaration() -> None:
    with pytest.raises((ValueError, ConfigurationError), match="is not an operation"):
        things.list("countries", Country)
