"""Read-through: what is missing or too old is asked for at the vendor's own API, and kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from patchbay.batch import ByIds
from patchbay.caller import Caller
from patchbay.calls import ForwardToken, Limits
from patchbay.environment import Environment
from patchbay.errors import (
    ConfigurationError,
    UpstreamBadData,
    UpstreamUnauthenticated,
    UpstreamUnavailable,
)
from patchbay.inbox import Inbox
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest, Runtime, WebhookRecords, webhook_fetching
from patchbay.upstreams.webhook_pages import RecordPage
from tests.inbox.database import Location, all_applied, rows
from tests.inbox.sales import Sale, opened, tell
from tests.patchbay.wire import Request, Wire, json_reply, reply

FIFTY = [f"O{n}" for n in range(50)]
OPTIONS: Any = {"as_of": "as_of"}


class SalesOfOrder(msgspec.Struct, frozen=True):
    id: str
    items: list[Sale]


class Vendor:
    """An API of sales: GET /sales?ids= and GET /orders?ids=, the latter with all sales of each order."""

    def __init__(self, *sales: Sale) -> None:
        self.sales = {sale.id: sale for sale in sales}
        self.status: str | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.raw: dict[str, Any] = {}

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await self.may_answer.wait()
        if self.status is not None:
            writer.write(reply(b"", self.status))
            return
        found: list[Any]
        if request.target.startswith("/orders"):
            found = [
                {"id": order_id, "items": [each for each in self.sales.values() if each.order_id == order_id]}
                for order_id in request.ids()
            ]
        else:
            found = [self.raw.get(key, self.sales.get(key)) for key in request.ids() if key in self.sales]
        writer.write(json_reply(found))


class Api:
    """The vendor's API as an upstream."""

    def __init__(self, rest: Rest, wire: Wire, vendor: Vendor) -> None:
        self.by_id: ByIds[Sale] = rest.batch("GET /sales?ids={ids}", Sale, match="id", max_size=100)
        self.by_order: ByIds[Any] = rest.batch(
            "GET /orders?ids={ids}", SalesOfOrder, match="id", max_size=100
        )
        self.wire = wire
        self.vendor = vendor

    @property
    def asked(self) -> list[tuple[str, list[str]]]:
        """Path and keys of each call so far."""
        return [(each.target.partition("?")[0], each.ids()) for each in self.wire.requests]


@asynccontextmanager
async def api(inbox: Inbox, *sales: Sale, **declared: Any) -> AsyncIterator[Api]:
    vendor = Vendor(*sales)
    async with Wire(vendor) as wire:
        rest = Rest("sales-api", base_url="API_URL", limits=Limits(deadline_seconds=2), **declared)
        made = Api(rest, wire, vendor)
        await rest.open(Runtime(Environment({"API_URL": wire.url}), inbox))
        yield made
        await rest.close()


def items_of(fetched: Any) -> Any:
    return fetched.items if isinstance(fetched, SalesOfOrder) else fetched


def both(made: Api) -> dict[str, Any]:
    return {**OPTIONS, "fetch": {"id": made.by_id, "order_id": made.by_order}, "fetched": items_of}


async def read(by_ids: Any, ids: Sequence[Any], **arguments: Any) -> tuple[list[Any], Scope]:
    """What an operation of its own reads; times left out, as nobody knows them."""
    scope = Scope()

    async def ask() -> Any:
        enter_scope(scope)
        return await by_ids(ids, **arguments)

    return [timeless(each) for each in await asyncio.create_task(ask())], scope


def timeless(outcome: Any) -> Any:
    if isinstance(outcome, list):
        return list(map(timeless, outcome))
    if isinstance(outcome, RecordPage):
        return RecordPage(timeless(outcome.items), outcome.total)
    return msgspec.structs.replace(outcome, as_of=None) if isinstance(outcome, Sale) else outcome


def age(location: Location, seconds: float = 1_000) -> None:
    rows(location, "UPDATE records SET checked_at = checked_at - ?", seconds)


def checked_at(location: Location) -> float:
    ((at,),) = rows(location, "SELECT checked_at FROM records")
    return float(at)


async def test_a_page_of_fifty_cold_parents_is_one_call_and_the_next_one_is_none(inbox: Inbox) -> None:
    sales = [Sale(f"s{n}", order_id=f"O{n}") for n in range(50)]
    async with api(inbox, *sales) as made:
        records = await opened(inbox, **both(made))
        for calls in (1, 0):
            found, scope = await read(records.by("order_id"), FIFTY)
            assert found == sales
            told = {("sales", "sales.by_order_id"): 1}
            assert scope.calls == told | ({("sales-api", "GET /orders"): 1} if calls else {})
        assert made.asked == [("/orders", FIFTY)]
        assert (await read(records.by("id"), ["s7"]))[0] == [sales[7]]
        assert len(made.asked) == 1


async def test_what_the_vendor_does_not_know_is_null_and_not_asked_for_again_at_once(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api(inbox, Sale("a")) as made:
        records = await opened(inbox, **both(made))
        for _ in range(2):
            found, scope = await read(records.by("id"), ["a", "x", "x"])
            assert (found, scope.stale) == ([Sale("a"), None, None], {})
        assert made.asked == [("/sales", ["a", "x"])]
        monkeypatch.setattr(webhook_fetching, "ASKED_AGAIN_SECONDS", 0.0)
        made.vendor.sales["x"] = Sale("x")
        assert (await read(records.by("id"), ["a", "x"]))[0] == [Sale("a"), Sale("x")]
        assert made.asked[1:] == [("/sales", ["x"])]


async def test_a_newer_version_that_is_told_meanwhile_stays(inbox: Inbox, location: Location) -> None:
    async with api(inbox, Sale("a", 3, note="asked")) as made:
        records = await opened(inbox, **both(made))
        made.vendor.may_answer.clear()
        reading = asyncio.create_task(read(records.by("id"), ["a"]))
        await asyncio.wait_for(made.wire.arrived.wait(), 5)
        await tell(inbox, Sale("a", 5, note="told"))
        await all_applied(location)
        made.vendor.may_answer.set()
        assert (await reading)[0] == [Sale("a", 5, note="told")]
        assert (await read(records.by("id"), ["a"]))[0] == [Sale("a", 5, note="told")]


async def test_a_fetch_that_fails_is_the_error_of_what_is_missing_alone(
    inbox: Inbox, location: Location
) -> None:
    async with api(inbox) as made:
        records = await opened(inbox, **both(made), max_age_seconds=60)
        await tell(inbox, Sale("a", order_id="O1"))
        await all_applied(location)
        made.vendor.status = "503 Service Unavailable"
        age(location)
        for by, keys in (("id", ["a", "b"]), ("order_id", ["O1", "O2"])):
            (stored, missing), scope = await read(records.by(by), keys)
            assert stored == Sale("a", order_id="O1")
            assert isinstance(missing, UpstreamUnavailable)
            assert missing.source == "sales-api"
            assert 1_000 <= scope.stale["sales"] < 1_060
        many, scope = await read(records.by("order_id", many=True), ["O1", "O2"])
        assert many[0] == [Sale("a", order_id="O1")]
        assert isinstance(many[1], UpstreamUnavailable)
        assert scope.stale["sales"] >= 1_000
        pages, scope = await read(records.pages(by="order_id"), ["O1", "O2"], offset=0, limit=5)
        assert pages[0] == RecordPage([Sale("a", order_id="O1")], 1)
        assert isinstance(pages[1], UpstreamUnavailable)
        assert scope.stale["sales"] >= 1_000


async def test_what_is_too_old_is_asked_for_again(inbox: Inbox, location: Location) -> None:
    async with api(inbox, Sale("a", 1)) as made:
        records = await opened(inbox, **both(made), max_age_seconds=60)
        by_id = records.by("id")
        await tell(inbox, Sale("a", 1))
        await all_applied(location)
        assert (await read(by_id, ["a"]))[0] == [Sale("a", 1)]
        assert made.asked == []
        (before,) = await by_id(["a"])
        age(location)
        found, scope = await read(by_id, ["a"])
        assert (found, scope.stale, len(made.asked)) == ([Sale("a", 1)], {}, 1)
        assert time.time() - checked_at(location) < 30
        (after,) = await by_id(["a"])
        assert isinstance(before, Sale)
        assert isinstance(after, Sale)
        assert (before.as_of, len(made.asked)) == (after.as_of, 1)


async def test_a_newer_version_is_brought_and_an_older_one_is_not(
    inbox: Inbox, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_fetching, "ASKED_AGAIN_SECONDS", 0.0)
    async with api(inbox, Sale("a", 4)) as made:
        records = await opened(inbox, **both(made), max_age_seconds=60)
        await tell(inbox, Sale("a", 3))
        await all_applied(location)
        for at_vendor, wanted in ((4, 4), (2, 4), (5, 5)):
            made.vendor.sales["a"] = Sale("a", at_vendor)
            age(location)
            assert (await read(records.by("id"), ["a"]))[0] == [Sale("a", wanted)]
        assert len(made.asked) == 3


async def test_what_a_webhook_has_deleted_is_not_brought_back(inbox: Inbox, location: Location) -> None:
    async with api(inbox, Sale("a", 1)) as made:
        records = await opened(inbox, **both(made))
        await tell(inbox, Sale("a", 2), "sale.deleted")
        await all_applied(location)
        for _ in range(2):
            assert (await read(records.by("id"), ["a"]))[0] == [None]
        assert len(made.asked) == 1


async def test_a_list_of_which_one_was_told_is_fetched_once_as_a_whole(
    inbox: Inbox, location: Location
) -> None:
    sales = [Sale(name, order_id="O1") for name in "abc"]
    async with api(inbox, *sales) as made:
        records = await opened(inbox, **both(made))
        await tell(inbox, sales[1])
        await all_applied(location)
        many, pages = records.by("order_id", many=True), records.pages(by="order_id")
        for _ in range(2):
            assert (await read(many, ["O1", "O2"]))[0] == [sales, []]
            found, _ = await read(pages, ["O2", "O1"], offset=1, limit=1)
            assert found == [RecordPage([], 0), RecordPage([sales[1]], 3)]
        assert made.asked == [("/orders", ["O1", "O2"])]


async def test_pages_of_cold_parents_are_one_call(inbox: Inbox) -> None:
    sales = [Sale(f"s{n}", order_id=f"O{n // 2}") for n in range(100)]
    async with api(inbox, *sales) as made:
        records = await opened(inbox, **both(made))
        pages, scope = await read(records.pages(by="order_id"), FIFTY, offset=0, limit=9)
        assert all(page.total == len(page.items) == 2 for page in pages)
        assert scope.calls == {("sales", "sales.pages_by_order_id"): 1, ("sales-api", "GET /orders"): 1}
        assert len(made.asked) == 1


async def test_without_a_read_by_the_lookup_what_is_old_is_asked_for_by_its_key(
    inbox: Inbox, location: Location
) -> None:
    async with api(inbox, Sale("a", 2, order_id="O1")) as made:
        records = await opened(inbox, fetch=made.by_id, max_age_seconds=60)
        await tell(inbox, Sale("a", 1, order_id="O1"))
        await all_applied(location)
        assert (await read(records.by("order_id"), ["O1", "O2"]))[0] == [Sale("a", 1, order_id="O1"), None]
        assert made.asked == []
        age(location)
        assert (await read(records.by("order_id"), ["O1", "O2"]))[0] == [Sale("a", 2, order_id="O1"), None]
        assert made.asked == [("/sales", ["a"])]


async def test_a_fetched_record_that_is_not_as_declared_hurts_its_own_key_alone(inbox: Inbox) -> None:
    def moved(sale: Sale) -> Sale:
        if sale.id == "boom":
            raise KeyError(sale.id)
        return msgspec.structs.replace(sale, order_id="x" * 300) if sale.id == "bad" else sale

    async with api(inbox, Sale("good"), Sale("bad"), Sale("boom")) as made:
        records = await opened(inbox, fetch=made.by_id, fetched=moved)
        (good, *others), _ = await read(records.by("id"), ["good", "bad", "boom"])
        assert good == Sale("good")
        assert [type(each) for each in others] == [UpstreamBadData] * 2
        assert {each.source for each in others} == {"sales-api"}
        assert "x" * 300 not in str(others[0])


async def test_the_vendor_is_asked_in_nobodys_name(inbox: Inbox) -> None:
    async with api(inbox, Sale("a"), credentials=ForwardToken()) as made:
        records = await opened(inbox, fetch=made.by_id)
        enter_scope(Scope(Caller([(b"authorization", b"Bearer ann")])))
        assert await made.by_id(["a"]) == [Sale("a")]
        (outcome,) = await records.by("id")(["a"])
        assert isinstance(outcome, UpstreamUnauthenticated)
        assert len(made.asked) == 1


async def test_the_operation_s_time_is_the_fetch_s_too(inbox: Inbox) -> None:
    async with api(inbox, Sale("a")) as made:
        records = await opened(inbox, fetch=made.by_id)
        made.vendor.may_answer.clear()
        scope = Scope()
        scope.start_clock(0.2)
        enter_scope(scope)
        started = time.monotonic()
        (outcome,) = await records.by("id")(["a"])
        assert time.monotonic() - started < 1
        assert getattr(outcome, "code", None) == "UPSTREAM_TIMEOUT"


async def test_subscribers_are_told_of_what_is_fetched(inbox: Inbox) -> None:
    async with api(inbox, Sale("a")) as made:
        records: WebhookRecords[Sale] = await opened(inbox, **both(made))
        updates = records.updates()
        await read(records.by("id"), ["a"])
        update = await asyncio.wait_for(anext(updates), 5)
        assert timeless(update.node) == Sale("a")
        assert update.node.as_of is not None
        await updates.aclose()


async def test_a_key_that_no_record_can_have_is_not_asked_for(inbox: Inbox) -> None:
    async with api(inbox, Sale("x" * 255)) as made:
        records = await opened(inbox, **both(made))
        keys = ["x" * 256, "", "a\0b", "\ud800", "x" * 255]
        for by in ("id", "order_id"):
            found, _ = await read(records.by(by), keys)
            assert found[:4] == [None] * 4
        assert made.asked == [("/sales", ["x" * 255]), ("/orders", ["x" * 255])]


async def test_a_fetch_by_what_is_no_key_is_refused(inbox: Inbox) -> None:
    async with api(inbox) as made:
        with pytest.raises(ConfigurationError, match=r"^sales: 'note' is neither the key nor a lookup"):
            await opened(inbox, fetch={"note": made.by_id})


def test_only_so_much_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_fetching, "MAX_REMEMBERED", 2)
    remembered = webhook_fetching.Remembered()
    for key in ("a", "b", "a", "c"):
        remembered.note(("id", key))
    assert [remembered.seconds_ago(("id", key)) is None for key in "abc"] == [False, True, False]
