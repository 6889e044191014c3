"""What operators see of events and do with them, beside a running inbox or without one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.inbox import administration as administration_module
from patchbay.inbox.administration import Administration
from patchbay.inbox.database import database_at
from patchbay.inbox.listing import EventCount, EventFilter
from patchbay.inbox.model import Event
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location, all_applied, eventually, rows, states
from tests.inbox.vendor import Payment, payment_event


@pytest.fixture
async def desk(location: Location, inbox: Inbox) -> AsyncIterator[Administration]:
    """Of another process, so to say: it shares nothing with the inbox but the database."""
    database = database_at(location, max_waiting=8)
    await database.open(lambda: None)
    yield Administration(database)
    await database.close()


async def store(
    inbox: Inbox, event_id: str, body: bytes, type_: str | None = None, upstream: str = "payments"
) -> None:
    await inbox.store(upstream, Arrival(event_id, body, type_))


@pytest.fixture
async def filled(inbox: Inbox, payments: WebhookRecords[Payment], location: Location) -> Inbox:
    await store(inbox, "e1", payment_event("pi_1", 1), "payment")
    await store(inbox, "e2", payment_event(type_="refund"), "refund")
    await store(inbox, "e3", payment_event(type_="boom"), "payment")
    await store(inbox, "e4", payment_event("pi_1", 1), "payment")
    await all_applied(location)
    await store(inbox, "e1", b"{}", upstream="others")
    return inbox


async def test_events_are_listed_newest_first_by_what_is_asked(filled: Inbox, desk: Administration) -> None:
    async def ids(wanted: EventFilter | None = None, before: int | None = None, most: int = 50) -> list[str]:
        return [event.event_id for event in await desk.events(wanted, before=before, most=most)]

    assert await ids() == ["e1", "e4", "e3", "e2", "e1"]
    first = await desk.events(most=2)
    assert await ids(before=first[-1].seq, most=2) == ["e3", "e2"]
    assert await ids(EventFilter(upstream="others")) == ["e1"]
    assert await ids(EventFilter(state="applied")) == ["e4", "e1"]
    assert await ids(EventFilter(upstream="payments", state="applied", type="payment")) == ["e4", "e1"]
    assert await ids(EventFilter(state="dead")) == ["e3"]
    assert await ids(EventFilter(type="refund")) == ["e2"]
    assert await ids(EventFilter(type="'; DROP TABLE events; --")) == []
    (dead,) = await desk.events(EventFilter(state="dead"))
    assert (dead.upstream, dead.type, dead.attempts) == ("payments", "payment", 3)
    assert dead.size_bytes == len(payment_event(type_="boom"))
    assert abs(dead.received_at - time.time()) < 60


async def test_one_event_is_shown_whole(filled: Inbox, desk: Administration) -> None:
    event = await desk.event("payments", "e1")
    assert event is not None
    assert event.body == payment_event("pi_1", 1)
    assert event.alike == ("e4",)
    assert event.records == (("payments.Payment", "pi_1"),)
    assert (event.try_at, event.failed_at, len(event.body_hash)) == (None, None, 64)
    dead = await desk.event("payments", "e3")
    assert dead is not None
    assert dead.failed_at is not None
    assert dead.event.error is not None
    assert await desk.event("payments", "e9") is None
    assert await desk.event("nobody", "e1") is None


async def test_an_event_of_an_unknown_type_is_ignored_and_counted(
    filled: Inbox, desk: Administration
) -> None:
    counts = {(each.upstream, each.state, each.type): each for each in await desk.counts()}
    assert {key: each.count for key, each in counts.items()} == {
        ("others", "new", None): 1,
        ("payments", "applied", "payment"): 2,
        ("payments", "dead", "payment"): 1,
        ("payments", "ignored", "refund"): 1,
    }
    ignored = counts["payments", "ignored", "refund"]
    assert isinstance(ignored, EventCount)
    assert ignored.size_bytes == len(payment_event(type_="refund"))


async def test_a_replay_beside_a_running_inbox_is_taken_up_soon(
    filled: Inbox, desk: Administration, location: Location
) -> None:
    seen: list[str] = []

    def handle(event: Event) -> None:
        seen.append(event.event_id)

    filled.register("payments", [handle])
    await asyncio.sleep(0.1)
    assert await desk.replay("payments", "e2") == "replayed"
    await eventually(lambda: seen == ["e2"], seconds=3)
    assert await desk.replay("payments", "e9") == "unknown"
    rows(location, "UPDATE events SET body = NULL WHERE event_id = 'e3'")
    assert await desk.replay("payments", "e3") == "no body"
    assert dict(states(location))["e3"] == "dead"
    assert rows(location, "SELECT count(*) FROM dead_letters") == [(1,)]


async def test_many_are_replayed_in_batches(
    filled: Inbox, desk: Administration, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration_module, "BATCH_EVENTS", 2)
    for number in range(5):
        await store(filled, f"dead{number}", payment_event(type_="boom"))
    await all_applied_of(location, "payments")
    filled.register("payments", [lambda _: None])
    assert await desk.replay_all(EventFilter(state="dead", upstream="others")) == 0
    assert await desk.replay_all(EventFilter(state="dead")) == 6
    await all_applied_of(location, "payments")
    assert {state for name, state in states(location) if name.startswith("dead")} == {"ignored"}
    assert rows(location, "SELECT * FROM dead_letters") == []


async def test_a_replay_of_a_mended_handler_mends_the_record(
    filled: Inbox, payments: WebhookRecords[Payment], desk: Administration, location: Location
) -> None:
    rows(
        location, "UPDATE records SET body = ?", b'{"id":"pi_1","order_id":null,"version":1,"status":"wrong"}'
    )
    rows(location, "DELETE FROM lookups")
    before = len(rows(location, "SELECT * FROM changes"))
    await desk.replay_all(EventFilter(upstream="payments", state="applied"))
    await all_applied_of(location, "payments")
    assert await payments.by("id")(["pi_1"]) == [Payment("pi_1", "O1", 1, "processing")]
    assert await payments.by("order_id")(["O1"]) == [Payment("pi_1", "O1", 1, "processing")]
    assert len(rows(location, "SELECT * FROM changes")) == before + 1
    await desk.replay_all(EventFilter(upstream="payments", state="applied"))
    await all_applied_of(location, "payments")
    assert len(rows(location, "SELECT * FROM changes")) == before + 1


async def test_a_purged_dead_letter_is_known_for_seven_days(
    filled: Inbox, desk: Administration, location: Location
) -> None:
    assert await desk.purge("dead", older_than_days=1) == 0
    assert await desk.purge("dead", upstream="others", older_than_days=0) == 0
    assert await desk.purge("dead", older_than_days=0) == 1
    assert rows(location, "SELECT * FROM dead_letters") == []
    assert rows(location, "SELECT state, body FROM events WHERE event_id = 'e3'") == [("ignored", None)]
    again = await filled.store("payments", Arrival("e3", payment_event(type_="boom"), "payment"))
    assert (again.stored, again.differs) == ("duplicate", False)
    later = Administration(desk._database, clock=lambda: time.time() + 8 * 86_400)  # noqa: SLF001 - the same one
    assert await later.purge("ignored", older_than_days=0) == 2
    assert "e3" not in dict(states(location))


async def test_a_purge_takes_no_event_that_a_record_is_made_of_and_none_that_is_young(
    filled: Inbox, desk: Administration, location: Location
) -> None:
    assert await desk.purge("applied", older_than_days=0) == 0
    later = Administration(desk._database, clock=lambda: time.time() + 8 * 86_400)  # noqa: SLF001 - the same one
    assert await later.purge("applied", older_than_days=9) == 0
    assert await later.purge("applied") == 1
    assert ("e1", "applied") in states(location)
    # A dead letter that a record was made of earlier is applied, for the record stands.
    rows(location, "UPDATE events SET state = 'dead' WHERE event_id = 'e1' AND upstream = 'payments'")
    assert await later.purge("dead", older_than_days=0) == 2
    assert ("e1", "applied") in states(location)
    assert "e3" not in dict(states(location))
    before = rows(location, "SELECT * FROM records")
    await filled.rebuild(["payments"]).run()
    assert rows(location, "SELECT * FROM records") == before


async def test_health_tells_what_waits_and_what_is_dead(filled: Inbox, location: Location) -> None:
    status = await filled.status()
    assert status.database == ("postgresql" if not hasattr(location, "parent") else "sqlite")
    assert status.leads
    assert (status.waiting, status.dead_letters, status.cleaned_at) == (1, 1, None)
    assert status.oldest_waiting_seconds is not None
    assert 0 <= status.oldest_waiting_seconds < 60
    await filled.retention.run()
    cleaned = await filled.status()
    assert cleaned.cleaned_at is not None
    assert cleaned.cleaned is not None
    assert cleaned.cleaned["events"] == 0
    second = Inbox(location, options=InboxOptions())
    await second.open()
    await asyncio.sleep(0.1)
    assert not (await second.status()).leads
    await second.close()


async def all_applied_of(location: Location, upstream: str) -> None:
    await eventually(
        lambda: not rows(location, "SELECT 1 FROM events WHERE state = 'new' AND upstream = ?", upstream)
    )
