"""Errors of a GraphQL upstream hurt what they are about, and tell nothing but a code."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from patchbay.errors import (
    UpstreamBadData,
    UpstreamError,
    UpstreamGraphQLError,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamUnavailable,
)
from patchbay.upstreams import GraphQL
from tests.patchbay.calling import CANARY, assert_safe
from tests.patchbay.wire import Wire, json_reply, reply
from tests.upstreams.catalog import running_catalog
from tests.upstreams.opening import opened

things = GraphQL("things", url="THINGS_URL", retry=None)


class Thing(msgspec.Struct, frozen=True):
    id: str
    name: str | None


class Stocked(msgspec.Struct, frozen=True):
    id: str
    stock: int


class Weighed(msgspec.Struct, frozen=True):
    id: str
    weight: int


class Odd(msgspec.Struct, frozen=True):
    id: str
    odd: str


by_ids = things.batch("things(ids: [ID!]!)", Thing, match="id", max_size=10)
by_pairs = things.batch("things(keys: [Key!]!)", Thing, match=("id", "name"), max_size=10)
by_id = things.each("thing(id: ID!)", Thing)
inside = things.each("thing(id: ID!)", Thing, at="payload.thing")
page = things.page("page(offset: Int!, limit: Int!)", Thing, items="rows", total="total")
every = things.list("things", Thing)
change = things.write("change(id: ID!)", Thing)

A, B, C = ({"id": key, "name": key.upper()} for key in "abc")
SECRET = {"message": CANARY, "locations": [{"line": 1, "column": 1}], "extensions": {"code": CANARY}}


def problem(*path: object, code: object = "BROKEN") -> dict[str, Any]:
    return {"message": CANARY, "path": list(path), "extensions": {"code": code, "trace": CANARY}}


async def answers(read: Any, body: Any, status: str = "200 OK", keys: Any = ("a", "b", "c")) -> Any:
    """The outcomes of a read of these keys, where the service answers this; each error is safe to show."""
    raw = reply(body, status) if isinstance(body, bytes) else json_reply(body, status)
    async with Wire(raw) as wire, opened(things, THINGS_URL=wire.url):
        outcomes = await read(list(keys))
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            assert_safe(outcome)
    return outcomes


def told(outcomes: Any) -> list[Any]:
    """Records by their names, errors by their codes."""
    return [
        outcome if outcome is None else getattr(outcome, "name", None) or outcome.code for outcome in outcomes
    ]


GRAPHQL = "UPSTREAM_GRAPHQL_ERROR"


class TestPartialData:
    async def test_an_error_inside_of_a_row_is_its_keys_alone(self) -> None:
        body = {
            "data": {"things": [A, {"id": "b", "name": None}, C]},
            "errors": [problem("things", 1, "name")],
        }
        outcomes = await answers(by_ids, body)
        assert told(outcomes) == ["A", GRAPHQL, "C"]
        assert outcomes[1].extensions == {"code": GRAPHQL, "source": "things", "reason": "BROKEN"}

    async def test_of_a_row_that_is_null_the_key_is_told_by_the_lists_order(self) -> None:
        body = {"data": {"things": [A, None, None]}, "errors": [problem("things", 1)]}
        assert told(await answers(by_ids, body)) == ["A", GRAPHQL, None]

    async def test_without_an_order_it_is_all_keys_that_have_no_row(self) -> None:
        body = {"data": {"things": [C, None]}, "errors": [problem("things", 1)]}
        assert told(await answers(by_ids, body)) == [GRAPHQL, GRAPHQL, "C"]
        out_of_order = {"data": {"things": [B, None, A]}, "errors": [problem("things", 1)]}
        assert told(await answers(by_ids, out_of_order)) == ["A", "B", GRAPHQL]

    @pytest.mark.parametrize(
        "path",
        [None, [], "things", ["things"], ["other", 1], ["things", 7], ["things", -1], ["things", "1"],
         ["things", True], ["things", 1.0], [{}, 1], 5],
    )  # fmt: skip
    async def test_an_error_that_leads_nowhere_leaves_the_rows_that_came(self, path: Any) -> None:
        body = {"data": {"things": [A, B]}, "errors": [{"message": CANARY, "path": path}]}
        outcomes = await answers(by_ids, body)
        assert told(outcomes) == ["A", "B", GRAPHQL]
        assert "reason" not in outcomes[2].extensions

    async def test_a_row_whose_key_an_error_took_is_told_by_its_place(self) -> None:
        rows = [A, {"id": None, "name": None}, C]
        body = {"data": {"things": rows}, "errors": [problem("things", 1, "id")]}
        assert told(await answers(by_ids, body)) == ["A", GRAPHQL, "C"]

    async def test_wrong_rows_beside_errors_keep_their_own_error(self) -> None:
        rows = [{"id": "a", "name": 7}, {"id": "b", "name": None}, C]
        outcomes = await answers(by_ids, {"data": {"things": rows}, "errors": [problem("things", 1, "name")]})
        assert told(outcomes) == ["UPSTREAM_BAD_DATA", GRAPHQL, "C"]
        assert outcomes[0].path == "$.data.things[0].name"

    async def test_composite_keys(self) -> None:
        rows = [A, {"id": "b", "name": "x", "more": 1}]
        body = {"data": {"things": rows}, "errors": [problem("things", 1, "more")]}
        outcomes = await answers(by_pairs, body, keys=[("b", "x"), ("a", "A"), ("c", "C")])
        assert told(outcomes) == [GRAPHQL, "A", None]

    async def test_of_one_value_everything_is_hurt(self) -> None:
        body = {"data": {"thing": {"id": "a", "name": None}}, "errors": [problem("thing", "name")]}
        assert told(await answers(by_id, body, keys=["a"])) == [GRAPHQL]

    async def test_with_a_service_of_another_library(self) -> None:
        stocked = things.batch("productsByIds(ids: [ID!]!)", Stocked, match="id", max_size=10)
        weighed = things.batch("productsByIds(ids: [ID!]!)", Weighed, match="id", max_size=10)
        entities = things.entities("Product", Stocked, match="id", max_size=10)
        one = things.each("product(id: ID!)", Stocked)
        odd = things.batch("productsByIds(ids: [ID!]!)", Odd, match="id", max_size=10)
        keys = ["P4", "P3", "nobody", "P2"]
        async with running_catalog() as service, opened(things, THINGS_URL=service.url):
            for read in (stocked, entities):
                fourth, third, nobody, second = await read(keys)
                assert (fourth, nobody, second) == (Stocked("P4", 4), None, Stocked("P2", 2))
                assert_safe(third)
                assert third.extensions["reason"] == "WAREHOUSE_CLOSED"  # type: ignore[union-attr] # an error
            broken, *others = await weighed(keys)
            assert others == [Weighed("P3", 5), None, Weighed("P2", 5)]
            assert broken.extensions["reason"] == "SCALES_BROKEN"  # type: ignore[union-attr] # an error
            (error,) = await one(["P5"])
            assert error.extensions["reason"] == "NOT_FOUND"  # type: ignore[union-attr] # an error
            # A member that its schema does not have: the whole document is refused.
            assert told(await odd(keys)) == [GRAPHQL] * 4
            change_price = things.write("changePrice(id: ID!, cents: Int!)", Odd)
            with pytest.raises(UpstreamGraphQLError):
                await change_price(id="P1", cents=1)
            change_price_of = things.write("changePrice(id: ID!, cents: Int!)", PricedThing)
            with pytest.raises(UpstreamGraphQLError, match="PRICE_NEGATIVE"):
                await change_price_of(id="P1", cents=-1)


class PricedThing(msgspec.Struct, frozen=True):
    id: str


class TestNoData:
    @pytest.mark.parametrize(
        "status", ["200 OK", "400 Bad Request", "401 Unauthorized", "422 Unprocessable Content"]
    )
    @pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {"things": None}}])
    async def test_all_keys_get_the_error(self, status: str, data: dict[str, Any]) -> None:
        body = {"errors": [SECRET, problem(code="GRAPHQL_VALIDATION_FAILED")], **data}
        outcomes = await answers(by_ids, body, status)
        assert told(outcomes) == [GRAPHQL] * 3
        assert outcomes[0].reason == "GRAPHQL_VALIDATION_FAILED"

    @pytest.mark.parametrize(
        "code", [CANARY, "lower", "A" * 65, "", "A B", "A\n", "Ä", 7, None, ["A"], {"A": 1}, "BEARER=X"]
    )
    async def test_a_reason_is_a_plain_word_or_none(self, code: Any) -> None:
        (outcome,) = await answers(by_ids, {"errors": [problem(code=code)]}, keys=["a"])
        assert (outcome.reason, str(outcome)) == (None, "things: GraphQL error")

    @pytest.mark.parametrize("extensions", [None, [], "X", 5])
    async def test_extensions_of_any_kind(self, extensions: Any) -> None:
        body = {"errors": [{"message": "m", "extensions": extensions}]}
        assert told(await answers(by_ids, body, keys=["a"])) == [GRAPHQL]

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            ("429 Too Many Requests", UpstreamQuota),
            ("500 Internal Server Error", UpstreamUnavailable),
            ("302 Found", UpstreamRefused),
        ],
    )
    async def test_other_statuses_say_it_themselves(self, status: str, kind: type[UpstreamError]) -> None:
        body = {"data": {"things": [A]}, "errors": [problem()]}
        (outcome,) = await answers(by_ids, body, status, keys=["a"])
        assert type(outcome) is kind

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b'{"errors":"x"}', b'{"errors":[]}', b'{"data":{"things":[]}}']
    )
    async def test_a_refusal_that_is_not_graphqls(self, body: bytes) -> None:
        (outcome,) = await answers(by_ids, body, "403 Forbidden", keys=["a"])
        assert (type(outcome), outcome.status) == (UpstreamRefused, 403)


HOSTILE = [
    b"",
    b"<html>canary-4f1d9c</html>",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"7",
    b"{}",
    b'{"data":null}',
    b'{"data":null,"errors":[]}',
    b'{"data":[]}',
    b'{"data":"canary-4f1d9c"}',
    b'{"data":{}}',
    b'{"data":{"things":[],"thing":{},"page":{}},"errors":"canary-4f1d9c"}',
    b'{"data":{"things":{"a":1},"thing":[],"page":[]}}',
    b'{"data":{"things":"canary-4f1d9c","thing":"canary-4f1d9c","page":7}}',
    b'{"data":{"things":[7],"thing":7,"page":{"rows":[7],"total":1}}}',
    b'{"data":{"things":[{"id":7,"name":null}],"thing":{"id":7,"name":null},"page":{"rows":[],"total":"x"}}}',
    b'{"data":{"things":[{"name":"canary-4f1d9c"}],"thing":{"name":"x"},"page":{"rows":[]}}}',
    b'{"data":' + b"[" * 100_000,
    b'{"data":{"things":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    b'{"errors":[{"path":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
    b'{"errors":[7]}',
    b'{"errors":{"message":"canary-4f1d9c"}}',
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:60].decode("latin-1"))
async def test_anything_else_is_bad_data(body: bytes) -> None:
    for read in (by_ids, by_id):
        (outcome,) = await answers(read, body, keys=["a"])
        assert type(outcome) is UpstreamBadData, outcome
    (outcome,) = await answers(page, body, keys=[(0, 1)])
    assert type(outcome) is UpstreamBadData, outcome
    async with Wire(reply(body)) as wire, opened(things, THINGS_URL=wire.url):
        with pytest.raises(UpstreamBadData):
            await every()
        with pytest.raises(UpstreamError):
            await change(id="a")


async def test_wrong_rows_are_their_keys_alone() -> None:
    outcomes = await answers(by_ids, {"data": {"things": [A, {"id": "b", "name": 7}, None]}})
    assert told(outcomes) == ["A", "UPSTREAM_BAD_DATA", None]
    assert outcomes[1].path == "$.data.things[1].name"


async def test_null_on_the_way_is_nothing_there() -> None:
    for body in ({"thing": None}, {"thing": {"payload": None}}, {"thing": {"payload": {"thing": None}}}):
        assert await answers(inside, {"data": body}, keys=["a"]) == [None]
    assert await answers(page, {"data": {"page": None}}, keys=[(0, 1)]) == [None]


async def test_a_list_without_one_of_its_rows_is_none() -> None:
    for body in (
        {"data": {"things": [A, None]}},
        {"data": {"things": [A]}, "errors": [problem("things", 1)]},
    ):
        async with Wire(json_reply(body)) as wire, opened(things, THINGS_URL=wire.url):
            with pytest.raises(UpstreamError):
                await every()


async def test_empty_errors_are_none() -> None:
    nothing: tuple[Any, ...] = (None, [])
    for none in nothing:
        assert told(await answers(by_ids, {"data": {"things": [A]}, "errors": none}, keys=["a"])) == ["A"]
