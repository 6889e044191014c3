"""Reads of which only some attributes are wanted: nothing else is decoded, and all else stays the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
import pytest

from patchbay.batch import Batch, ByIds, FanOut, Matched
from patchbay.errors import UpstreamError
from patchbay.inbox.signatures import StandardWebhooks
from patchbay.selections import MAX_SELECTIONS
from patchbay.upstreams import Rest, Soap, Webhook
from patchbay.upstreams.narrowing import narrowed
from tests.patchbay.calling import CANARY, assert_safe, opened
from tests.patchbay.wire import Request, Wire, answering, json_reply, reply

Positive = Annotated[int, msgspec.Meta(gt=0)]


class Part(msgspec.Struct, frozen=True, rename="camel"):
    part_name: str
    weight: int = 0


class Thing(msgspec.Struct, frozen=True, rename="camel"):
    """Something."""

    thing_id: str
    amount: Positive
    parts: list[Part] = []
    colour: str | None = msgspec.field(name="COLOUR", default=None)


ROW = {"thingId": "T1", "amount": 5, "parts": [{"partName": "p", "weight": 3}], "COLOUR": "red"}

things = Rest("things", base_url="THINGS_URL")
by_ids = things.batch("GET /things?ids={ids}", Thing, match="thing_id", max_size=10, at="rows")
by_id = things.each("GET /things/{id}", Thing)
page = things.page("GET /things?offset={offset}&limit={limit}", Thing, items="rows", total="total")
every = things.list("GET /things", Thing, at="rows")

Ask = Callable[[frozenset[str]], Awaitable[Any]]


async def ask_by_ids(attributes: frozenset[str]) -> Any:
    return (await by_ids.selecting(attributes)(["T1"]))[0]


async def ask_by_id(attributes: frozenset[str]) -> Any:
    return (await by_id.selecting(attributes)(["T1"]))[0]


async def ask_page(attributes: frozenset[str]) -> Any:
    found = (await page.selecting(attributes)([(0, 10)]))[0]
    return found if isinstance(found, UpstreamError) or found is None else found.items[0]


async def ask_every(attributes: frozenset[str]) -> Any:
    try:
        return (await every.selecting(attributes)())[0]
    except UpstreamError as error:
        return error


every_read = pytest.mark.parametrize(
    "ask", [ask_by_ids, ask_by_id, ask_page, ask_every], ids=lambda ask: ask.__name__
)


async def outcome(ask: Ask, row: dict[str, Any], *attributes: str) -> Any:
    def answer(request: Request) -> bytes:
        one = request.target.startswith("/things/")
        return json_reply(row if one else {"rows": [row], "total": 1})

    async with Wire(answering(answer)) as wire, opened(things, THINGS_URL=wire.url):
        return await ask(frozenset(attributes))


@every_read
class TestAnyRead:
    async def test_only_what_is_selected_is_decoded(self, ask: Ask) -> None:
        record = await outcome(ask, ROW, "amount", "parts")
        assert (record.amount, record.parts) == (5, [Part("p", 3)])
        assert not hasattr(record, "colour")
        assert type(record).__name__ == "Thing"

    async def test_a_wrong_value_that_nobody_selects_is_no_error(self, ask: Ask) -> None:
        wrong = {**ROW, "amount": CANARY, "COLOUR": 7}
        assert (await outcome(ask, wrong, "parts")).parts == [Part("p", 3)]
        assert_safe(await outcome(ask, wrong, "amount"))
        assert_safe(await outcome(ask, wrong, "colour"))

    async def test_types_constraints_defaults_and_names_are_the_records_own(self, ask: Ask) -> None:
        record = await outcome(ask, {"thingId": "T1"}, "colour", "parts")
        assert (record.colour, record.parts) == (None, [])
        for wrong in ({"amount": 0}, {"amount": "5"}, {}):
            error = await outcome(ask, {"thingId": "T1", **wrong}, "amount")
            assert_safe(error)
            assert error.code == "UPSTREAM_BAD_DATA"
            assert "amount" in str(error)

    async def test_what_is_inside_stays_whole(self, ask: Ask) -> None:
        error = await outcome(ask, {**ROW, "parts": [{"partName": "p", "weight": CANARY}]}, "parts")
        assert "weight" in error.extensions["path"]

    async def test_nothing_selected_is_enough_to_know_that_it_is_there(self, ask: Ask) -> None:
        assert await outcome(ask, {"thingId": "T1", "amount": CANARY}) is not None


async def test_a_batch_still_matches_its_keys_and_names_wrong_rows() -> None:
    rows = [{"thingId": "c", "amount": "x"}, {"thingId": "b", "amount": 2}, {"thingId": "a", "amount": 1}]
    async with Wire(json_reply({"rows": rows})) as wire, opened(things, THINGS_URL=wire.url):
        a, b, c, d = await by_ids.selecting(frozenset({"amount"}))(["a", "b", "c", "d"])
    assert [(record.thing_id, record.amount) for record in (a, b)] == [("a", 1), ("b", 2)]  # type: ignore[union-attr] # records
    assert d is None
    assert_safe(c)
    assert isinstance(c, UpstreamError)
    assert c.extensions["path"] == "$.rows[0].amount"


async def test_pages_keep_their_total_and_unknown_keys_their_none() -> None:
    async with Wire(json_reply({"rows": [], "total": 7})) as wire, opened(things, THINGS_URL=wire.url):
        (found,) = await page.selecting(frozenset({"amount"}))([(0, 10)])
        assert (found.items, found.total) == ([], 7)  # type: ignore[union-attr] # a page
        wire.answer = reply(b"", "404 Not Found")
        assert await by_id.selecting(frozenset({"amount"}))(["T1"]) == [None]


READS: list[ByIds[Any]] = [by_ids, by_id, page]


@pytest.mark.parametrize("read", READS)
def test_the_narrower_read_is_the_same_for_the_same_attributes(read: Any) -> None:
    small = read.selecting(frozenset({"amount", "colour"}))
    assert small is read.selecting(frozenset({"colour", "amount"}))
    assert small is not read
    assert small is not read.selecting(frozenset({"amount"}))
    assert (small.name, small.source, type(small)) == (read.name, read.source, type(read))
    for name in ("max_size", "arguments", "concurrency", "places"):
        assert getattr(small, name, None) == getattr(read, name, None)
    assert every.selecting(frozenset({"amount"})) is every.selecting(frozenset({"amount"}))


@pytest.mark.parametrize("read", READS)
def test_a_narrower_read_can_be_asked_for_other_attributes(read: Any) -> None:
    small = read.selecting(frozenset({"amount"}))
    assert small.selecting(frozenset({"colour"})) is not small


@pytest.mark.parametrize(
    "attributes", [{"thing_id", "amount", "parts", "colour"}, {"amount", "price"}, {"amount", "COLOUR"}]
)
@pytest.mark.parametrize("read", [*READS, every])
def test_all_attributes_or_unknown_ones_leave_the_read_whole(read: Any, attributes: set[str]) -> None:
    assert read.selecting(frozenset(attributes)) is read


def test_reads_that_cannot_be_narrowed_answer_themselves() -> None:
    async def many(keys: list[Any]) -> Matched[Thing]:
        pytest.fail("narrowing a read does not ask it")

    async def one(key: Any) -> Thing:
        pytest.fail("narrowing a read does not ask it")

    erp = Soap("erp", wsdl="ERP_WSDL")
    hooks = Webhook("hooks", signature=StandardWebhooks("HOOKS_SECRET")).records(
        Thing, event=Thing, build=lambda thing: thing, key="thing_id", version="amount", lookups=("colour",)
    )
    plain: Batch[Thing] = Batch(name="n", source="s", fetch=many, match="thing_id", max_size=1)
    fan_out: FanOut[Thing] = FanOut(name="n", source="s", fetch=one, concurrency=1)
    reads: list[ByIds[Any]] = [
        plain,
        fan_out,
        erp.batch("GetThings", Thing, keys="Ids.Id", match="thing_id", max_size=5),
        hooks.by("thing_id"),
        hooks.by("colour", many=True),
    ]
    for read in reads:
        assert read.selecting(frozenset({"amount"})) is read


def test_only_so_many_narrower_reads_are_kept() -> None:
    class Wide(msgspec.Struct, frozen=True):
        id: str
        a: int = 0
        b: int = 0
        c: int = 0
        d: int = 0
        e: int = 0
        f: int = 0
        g: int = 0
        h: int = 0

    read = things.batch("GET /wide?ids={ids}", Wide, match="id", max_size=10)
    sets = [
        frozenset(name for bit, name in enumerate("abcdefgh") if number >> bit & 1) for number in range(255)
    ]
    for attributes in sets:
        read.selecting(attributes)
    kept = read._selections._made  # noqa: SLF001 - the bound has no other sign
    assert len(kept) == MAX_SELECTIONS
    assert sets[0] not in kept
    assert sets[254] in kept


class Computed(msgspec.Struct, frozen=True):
    first: str
    last: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


class Checked(msgspec.Struct, frozen=True):
    first: str
    last: str

    def __post_init__(self) -> None:
        if self.first == self.last:
            raise ValueError("the same")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: str
    last: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    first: str
    last: str


class Tagged(msgspec.Struct, frozen=True, tag="tagged"):
    first: str
    last: str


@pytest.mark.parametrize("record", [Checked, Strict, Row, Tagged])
def test_a_record_that_is_more_than_its_members_stays_whole(record: type) -> None:
    assert narrowed(record, {"first"}) is record


def test_what_is_made_from_members_needs_them_all() -> None:
    assert narrowed(Computed, {"name"}) is Computed
    assert narrowed(Computed, {"first"}) is not Computed


def test_a_narrower_record_says_what_it_is() -> None:
    small = narrowed(Thing, {"amount"})
    assert (small.__name__, small.__module__, small.__doc__) == ("Thing", __name__, "Something.")
    with pytest.raises(AttributeError):
        msgspec.json.decode(b'{"amount":1}', type=small).amount = 2  # type: ignore[misc] # frozen, and that is tested
