"""Records made anew from stored events: the same table, seen by nobody before it is whole."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchbay.inbox import Arrival, Change, Event, Inbox, InboxOptions, InboxUnavailable, Lookup, Lookups
from patchbay.inbox import shadow as shadow_module
from patchbay.inbox.rebuild import Rebuild, RebuildReport
from patchbay.inbox.sources import Sources
from tests.inbox.database import Location, all_applied, eventually, rows

TABLES = {
    "records": "SELECT kind, key, version, body, as_of, checked_at, seq FROM records ORDER BY kind, key",
    "lookups": "SELECT kind, key, attribute, value, rank, version FROM lookups ORDER BY kind, key, attribute",
    "changes": "SELECT position, kind, key, version, body FROM changes ORDER BY position",
    "events": "SELECT seq, state, attempts, settled_at FROM events ORDER BY seq",
}


def tables(location: Location) -> dict[str, list[Any]]:
    return {name: rows(location, statement) for name, statement in TABLES.items()}


class Thing:
    """A handler of one kind. An event's body is {kind: {...}}, or tells it to fail."""

    def __init__(self, kind: str, prefix: str = "") -> None:
        self.kind = kind
        self.prefix = prefix

    def __call__(self, event: Event) -> Change | None:
        told = json.loads(event.body)
        # As a handler that fails now and then, so that events are applied in another order than stored.
        if "raise" in told or (told.get("flaky") and not event.attempts):
            raise ValueError(told)
        if self.kind not in told:
            return None
        return change(self.kind, told[self.kind], self.prefix)

    def stored(self, body: bytes) -> tuple[Lookup, ...]:
        colour = json.loads(body)["colour"]
        return (Lookup("colour", colour, colour),)


def change(kind: str, told: dict[str, Any], prefix: str = "") -> Change:
    if told["colour"] is None:
        return Change(kind, told["key"], told["version"], None)
    colour = prefix + told["colour"]
    body = json.dumps({"key": told["key"], "colour": colour}).encode()
    return Change(kind, told["key"], told["version"], body, (Lookup("colour", colour, colour),))


def register(inbox: Inbox, prefix: str = "", upstreams: Iterable[str] = ("a", "b")) -> None:
    for upstream in upstreams:
        handlers = [Thing(f"{upstream}.{name}", prefix) for name in ("x", "y")]
        lookups = [Lookups(each.kind, ("colour",), each.stored) for each in handlers]
        inbox.register(upstream, handlers, lookups)


def told(key: str, version: int, colour: str | None = "red", kind: str = "a.x") -> bytes:
    return json.dumps({kind: {"key": key, "version": version, "colour": colour}}).encode()


async def store(inbox: Inbox, *bodies: bytes, upstream: str = "a", name: str = "e") -> None:
    await asyncio.gather(
        *(inbox.store(upstream, Arrival(f"{name}{n}", body)) for n, body in enumerate(bodies))
    )


_keys = st.sampled_from(["k1", "k2", "k3", "ü"])
_versions = st.integers(-3, 3)
_colours = st.sampled_from(["red", "green", None])
_things = st.fixed_dictionaries({"key": _keys, "version": _versions, "colour": _colours})
_bodies = st.one_of(
    st.fixed_dictionaries(
        {}, optional={**dict.fromkeys(("a.x", "a.y", "b.x", "b.y"), _things), "flaky": st.just(1)}
    ),
    st.just({"raise": True}),
    st.just({"unknown": 1}),
)
_steps = st.one_of(
    st.tuples(st.sampled_from(["a", "b"]), _bodies),
    st.tuples(st.just("fetched"), _things),
    st.tuples(st.just("again"), st.integers(0, 30)),
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(_steps, max_size=30), only=st.sampled_from([(), ("a",), ("b",)]))
async def test_a_rebuild_brings_the_same_table(
    inbox: Inbox, location: Location, steps: list[tuple[str, Any]], only: tuple[str, ...]
) -> None:
    register(inbox)
    run = f"{time.monotonic_ns()}-"

    def renamed(body: dict[str, Any]) -> bytes:
        every = {
            kind: {**thing, "key": run + thing["key"]} if isinstance(thing, dict) else thing
            for kind, thing in body.items()
        }
        return json.dumps(every).encode()

    for number, (what, value) in enumerate(steps):
        if what == "fetched":
            await inbox.keep([change("a.x", {**value, "key": run + value["key"]})], as_of=time.time())
        elif what == "again":
            earlier = [step for step in steps[:number] if step[0] in ("a", "b")]
            if earlier:
                upstream, body = earlier[value % len(earlier)]
                await inbox.store(upstream, Arrival(f"{run}again{number}", renamed(body)))
        else:
            await inbox.store(what, Arrival(f"{run}{number}", renamed(value)))
    await all_applied(location)
    before = tables(location)
    report = await inbox.rebuild(only).run()
    assert tables(location) == before
    assert (report.changed, report.removed) == (0, 0)


async def test_of_one_version_the_first_stored_wins_whichever_is_applied_first(
    inbox: Inbox, location: Location
) -> None:
    register(inbox)
    first = json.loads(told("k1", 1, "red")) | {"flaky": 1}
    await store(inbox, json.dumps(first).encode(), told("k1", 1, "green"))
    await all_applied(location)
    assert len(rows(location, "SELECT 1 FROM changes")) == 2
    before = tables(location)
    assert b"red" in before["records"][0][3]
    await inbox.rebuild().run()
    assert tables(location) == before


async def test_what_differs_takes_its_place_with_a_line_in_the_log(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, told("k1", 1), told("k2", 1), told("k3", 1, "green"))
    await all_applied(location)
    await inbox.keep([change("a.x", {"key": "fetched", "version": 1, "colour": "red"})], as_of=1.0)
    before = tables(location)
    # As a wrong handler, and a hand, have left them.
    rows(location, "UPDATE records SET body = ? WHERE key = 'k1'", b'{"colour": "wrong"}')
    rows(location, "UPDATE lookups SET value = 'wrong' WHERE key = 'k2'")
    rows(location, "DELETE FROM lookups WHERE key = 'k3'")
    rows(location, "DELETE FROM records WHERE key = 'k3'")
    rows(
        location,
        "INSERT INTO records SELECT kind, 'k4', version, body, as_of, checked_at, seq FROM records"
        " WHERE key = 'k2'",
    )
    report = await inbox.rebuild().run()
    after = tables(location)
    assert (report.changed, report.removed, report.events) == (3, 1, 3)
    assert [row[:5] + row[6:] for row in after["records"]] == [row[:5] + row[6:] for row in before["records"]]
    assert after["lookups"] == before["lookups"]
    new = after["changes"][len(before["changes"]) :]
    assert [(key, body is None) for _, _, key, _, body in new] == [("k4", True), ("k1", False), ("k3", False)]


async def test_today_s_handlers_make_the_records(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, told("k1", 1), told("k2", 3, None), told("k2", 2), b'{"raise": 1}')
    await all_applied(location)
    register(inbox, prefix="dark ")
    subscription = inbox.subscribe("a.x", lambda change: change.body)
    await inbox.rebuild(["a"]).run()
    found = await inbox.newest_by_lookup("a.x", "colour", ["red", "dark red"])
    assert {value: record.key for value, record in found.items()} == {"dark red": "k1"}
    assert b"dark red" in (await asyncio.wait_for(anext(subscription), 5)).node
    assert dict(rows(location, "SELECT state, count(*) FROM events GROUP BY state")) == {
        "applied": 3,
        "dead": 1,
    }


async def test_a_record_whose_event_cannot_be_read_now_stays(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, told("k1", 1), told("k1", 2, "green"), told("k2", 1))
    await all_applied(location)
    before = tables(location)
    usual = Thing("a.x")

    def picky(event: Event) -> Change | None:
        if b"green" in event.body:
            raise ValueError
        return usual(event)

    inbox.register("a", [picky], [Lookups("a.x", ("colour",), usual.stored)])
    report = await inbox.rebuild(["a"]).run()
    assert report.unreadable == 1
    assert tables(location) == before


async def test_an_event_that_waits_again_keeps_its_record(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, told("k1", 1), told("k2", 1))
    await all_applied(location)
    before = tables(location)["records"]
    inbox.unregister("a")
    await inbox.administration.replay("a", "e0")
    await inbox.rebuild(["a"]).run()
    assert tables(location)["records"] == before


async def test_events_that_come_meanwhile_are_in_it(
    inbox: Inbox, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_module, "BATCH_ROWS", 40)
    register(inbox)
    await store(inbox, *(told(f"k{n}", 1) for n in range(400)), name="old")
    await all_applied(location)
    rebuilding = asyncio.create_task(inbox.rebuild().run())
    number = 0
    while not rebuilding.done():
        number += 1
        versions = (told(f"k{number % 450}", 2 + number % 7, "green"), told(f"n{number}", 1))
        await store(inbox, *versions, name=f"new{number}-")
        if number % 5 == 0:
            fetched = {"key": f"k{number % 450}", "version": 20 + number, "colour": "fetched"}
            await inbox.keep([change("a.x", fetched)], as_of=time.time())
    report = await rebuilding
    assert number > 5, "it was over before anything came"
    await all_applied(location)
    assert (report.changed, report.removed) == (0, 0)
    before = tables(location)
    assert (await inbox.rebuild().run()).events >= 400 + number
    assert tables(location) == before


async def test_what_older_handlers_make_meanwhile_goes_as_well(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, told("k1", 1))
    await all_applied(location)

    def newer(event: Event) -> Change | None:
        return None if b"late" in event.body else Thing("a.x")(event)

    def meanwhile(report: RebuildReport) -> None:
        if report.phase == "swap":
            columns = "upstream, type, delivery, received_at, body_hash, state"
            rows(
                location,
                f"INSERT INTO events ({columns}, event_id, body) SELECT {columns}, 'late', ? FROM events",  # noqa: S608 - of the text above
                told("late", 1),
            )
            rows(
                location,
                "INSERT INTO records SELECT kind, 'late', version, body, as_of, checked_at,"
                " (SELECT max(seq) FROM events) FROM records WHERE kind = 'a.x'",
            )
            rows(
                location,
                "INSERT INTO changes (position, kind, key, version, body, as_of, logged_at)"
                " SELECT position + 1, kind, 'late', version, body, as_of, logged_at FROM changes",
            )

    sources = Sources()
    sources.register("a", [newer], [Lookups("a.x", ("colour",), Thing("a.x").stored)])
    rebuild = Rebuild(inbox._database, sources.of(), meanwhile)  # noqa: SLF001 - as the command does beside it
    report = await rebuild.run()
    assert (report.changed, report.removed) == (0, 1)
    assert rows(location, "SELECT key FROM records") == [("k1",)]
    assert rows(location, "SELECT key, body IS NULL FROM changes ORDER BY position")[-1][0] == "late"


async def test_readers_see_the_old_table_until_the_new_one_is_whole(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, *(told(f"k{n}", 1) for n in range(300)))
    await all_applied(location)
    register(inbox, prefix="dark ")
    keys = [f"k{n}" for n in range(300)]
    rebuilding = asyncio.create_task(inbox.rebuild().run())
    seen = set()
    while not rebuilding.done():
        found = await inbox.by_keys("a.x", keys)
        assert len(found) == len(keys)
        colours = {json.loads(record.body)["colour"] for record in found.values()}
        assert len(colours) == 1
        seen |= colours
    found = await inbox.by_keys("a.x", keys)
    assert {json.loads(record.body)["colour"] for record in found.values()} == {"dark red"}
    assert "red" in seen


async def test_there_is_one_rebuild_at_a_time(inbox: Inbox, location: Location) -> None:
    register(inbox)
    first = inbox.rebuild()
    await first.claim()
    with pytest.raises(InboxUnavailable, match="another rebuild is under way"):
        await inbox.rebuild().run()
    # Its process has ended, as far as anybody can tell.
    rows(location, "UPDATE runs SET seen_at = seen_at - 61")
    await store(inbox, told("k1", 1))
    await all_applied(location)
    assert (await inbox.rebuild().run()).events == 1
    with pytest.raises(InboxUnavailable, match="taken over"):
        await first.run()
    run = await inbox.administration.last_rebuild()
    assert run is not None
    assert (run.state, run.report["phase"], run.report["events"]) == ("done", "done", 1)


async def test_what_a_killed_rebuild_has_left_goes(inbox: Inbox, location: Location) -> None:
    register(inbox)
    await store(inbox, told("k1", 1))
    await all_applied(location)
    before = tables(location)
    rows(
        location,
        "INSERT INTO records SELECT 'a.x~', 'left', 9, body, as_of, checked_at, seq FROM records",
    )
    await inbox.rebuild().run()
    assert tables(location) == before


async def test_acknowledgements_are_not_held_up(location: Location) -> None:
    inbox = Inbox(location, options=InboxOptions(attempts=1))
    await inbox.open()
    register(inbox)
    for start in range(0, 4000, 500):
        await store(inbox, *(told(f"k{n}", 1) for n in range(start, start + 500)), name=f"s{start}-")
    await all_applied(location, seconds=40)

    async def slowest_seconds(until: asyncio.Task[Any] | None) -> float:
        slowest, number = 0.0, 0
        while (until is not None and not until.done()) or (until is None and number < 100):
            number += 1
            started = time.perf_counter()
            await inbox.store("c", Arrival(f"{until is None}{number}", b"{}"))
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0.005)
        return slowest

    base_seconds = await slowest_seconds(None)
    rebuilding = asyncio.create_task(inbox.rebuild().run())
    during_seconds = await slowest_seconds(rebuilding)
    report = await rebuilding
    await inbox.close()
    assert report.swap_seconds < 0.5
    assert during_seconds < base_seconds + 0.5, (base_seconds, during_seconds)


async def test_a_rebuild_that_fails_leaves_all_as_it_was_and_says_so(
    inbox: Inbox, location: Location
) -> None:
    register(inbox, prefix="dark ")
    await store(inbox, told("k1", 1))
    await all_applied(location)
    before = tables(location)
    register(inbox)
    rows(location, "ALTER TABLE changes RENAME TO away")
    with pytest.raises(InboxUnavailable):
        await inbox.rebuild().run()
    rows(location, "ALTER TABLE away RENAME TO changes")
    after = tables(location)
    assert [row for row in after["records"] if not row[0].endswith("~")] == before["records"]
    run = await inbox.administration.last_rebuild()
    assert run is not None
    assert run.state == "failed"
    await eventually(lambda: not rows(location, "SELECT 1 FROM events WHERE state = 'new'"))
