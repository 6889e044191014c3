from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import patchbay.inbox.sqlite as sqlite_store
from patchbay.inbox import Inbox, InboxUnavailable
from patchbay.inbox.database import connect
from tests.inbox.ack_before_commit import AckBeforeCommit
from tests.inbox.database import rows, states

BODY = b'{"id":"evt_1"}'


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with one entry per COMMIT of the writing connection."""
    seen: list[str] = []

    def traced(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        connection = connect(path, read_only=read_only)
        if not read_only:
            connection.set_trace_callback(lambda text: seen.append(text) if text == "COMMIT" else None)
        return connection

    monkeypatch.setattr(sqlite_store, "connect", traced)
    return seen


@pytest.fixture
async def traced_inbox(commits: list[str], database: Path) -> AsyncIterator[Inbox]:
    inbox = Inbox(database)
    await inbox.open()
    yield inbox
    await inbox.close()


async def test_an_event_is_kept_as_it_came(inbox: Inbox, database: Path) -> None:
    assert await inbox.store("payments", "evt_1", "d1", b"\x00\xff") == "new"
    ((upstream, event_id, delivery, body, state),) = rows(
        database, "SELECT upstream, event_id, delivery, body, state FROM events"
    )
    assert (upstream, event_id, delivery, body, state) == ("payments", "evt_1", "d1", b"\x00\xff", "new")


async def test_the_same_event_is_kept_once_and_told_apart_from_a_replay(inbox: Inbox, database: Path) -> None:
    assert await inbox.store("payments", "evt_1", "d1", BODY) == "new"
    assert await inbox.store("payments", "evt_1", "d2", BODY) == "duplicate"
    assert await inbox.store("payments", "evt_1", "d1", BODY) == "replayed"
    assert await inbox.store("shipments", "evt_1", "d1", BODY) == "new"
    assert rows(database, "SELECT upstream, event_id, delivery FROM events ORDER BY seq") == [
        ("payments", "evt_1", "d1"),
        ("shipments", "evt_1", "d1"),
    ]


async def test_twins_in_one_group_are_kept_once(inbox: Inbox, database: Path) -> None:
    stored = await asyncio.gather(*(inbox.store("payments", "evt_1", f"d{n}", BODY) for n in range(20)))
    assert sorted(stored) == ["duplicate"] * 19 + ["new"]
    assert len(states(database)) == 1


async def test_events_outlive_the_inbox(database: Path) -> None:
    for expected in ("new", "duplicate"):
        inbox = Inbox(database)
        await inbox.open()
        assert await inbox.store("payments", "evt_1", expected, BODY) == expected
        await inbox.close()


async def test_stores_that_wait_together_share_a_commit(traced_inbox: Inbox, commits: list[str]) -> None:
    commits.clear()
    stores = (traced_inbox.store("payments", f"evt_{n}", "d", BODY) for n in range(200))
    assert await asyncio.gather(*stores) == ["new"] * 200
    assert 1 <= len(commits) <= 20


async def test_stores_one_after_the_other_have_a_commit_each(traced_inbox: Inbox, commits: list[str]) -> None:
    commits.clear()
    for n in range(5):
        await traced_inbox.store("payments", f"evt_{n}", "d", BODY)
    assert len(commits) == 5


async def stored_but_not_visible(database: Path, count: int) -> int:
    """How many stores returned while another connection could not see their event yet."""
    inbox = Inbox(database)
    await inbox.open()
    early = 0

    async def store(event_id: str) -> None:
        nonlocal early
        await inbox.store("payments", event_id, "d", BODY)
        early += not rows(database, "SELECT 1 FROM events WHERE event_id = ?", event_id)

    await asyncio.gather(*(store(f"evt_{n}") for n in range(count)))
    await inbox.close()
    return early


async def test_a_store_returns_after_its_commit(database: Path) -> None:
    assert await stored_but_not_visible(database, 40) == 0


async def test_the_test_above_notices_a_store_that_returns_earlier(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "Writer", AckBeforeCommit)
    assert await stored_but_not_visible(database, 40) > 0


async def test_commits_wait_for_the_disk(database: Path) -> None:
    connection = connect(database)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    full = 2
    assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)
    connection.close()


async def test_a_full_queue_refuses_at_once_and_recovers(database: Path) -> None:
    inbox = Inbox(database, max_waiting=3)
    await inbox.open()
    stores = (inbox.store("payments", f"evt_{n}", "d", BODY) for n in range(10))
    outcomes = await asyncio.gather(*stores, return_exceptions=True)
    assert outcomes[:3] == ["new"] * 3
    assert all(isinstance(outcome, InboxUnavailable) for outcome in outcomes[3:])
    assert await inbox.store("payments", "evt_9", "d", BODY) == "new"
    assert [event_id for event_id, _ in states(database)] == ["evt_0", "evt_1", "evt_2", "evt_9"]
    await inbox.close()


async def test_a_database_that_fails_refuses_and_recovers(inbox: Inbox, database: Path) -> None:
    with connect(database) as other:
        other.execute("ALTER TABLE events RENAME TO away")
        with pytest.raises(InboxUnavailable, match="cannot be written"):
            await inbox.store("payments", "evt_1", "d", BODY)
        other.execute("ALTER TABLE away RENAME TO events")
    other.close()
    assert await inbox.store("payments", "evt_1", "d", BODY) == "new"


async def test_a_store_whose_caller_went_away_is_still_kept(inbox: Inbox, database: Path) -> None:
    task = asyncio.create_task(inbox.store("payments", "evt_1", "d", BODY))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await inbox.store("payments", "evt_2", "d", BODY)
    assert [event_id for event_id, _ in states(database)] == ["evt_1", "evt_2"]


async def test_closing_commits_what_is_under_way_and_ends_the_threads(database: Path) -> None:
    inbox = Inbox(database)
    await inbox.open()
    stores = [asyncio.create_task(inbox.store("payments", f"evt_{n}", "d", BODY)) for n in range(50)]
    await asyncio.sleep(0)
    await inbox.close()
    assert await asyncio.gather(*stores) == ["new"] * 50
    assert not [thread.name for thread in threading.enumerate() if thread.name == "patchbay-inbox-writer"]
    with pytest.raises(InboxUnavailable, match="not open"):
        await inbox.store("payments", "evt_1", "d", BODY)
    await inbox.close()


async def test_check_fails_when_it_cannot_write(inbox: Inbox, database: Path) -> None:
    await inbox.check()
    await inbox.close()
    with pytest.raises(InboxUnavailable):
        await inbox.check()
