from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from patchbay.environment import Secret
from patchbay.inbox import Arrival, Inbox, InboxUnavailable, Receipt
from patchbay.inbox.database import postgres, sqlite
from patchbay.inbox.database.postgres import PostgresConnection
from patchbay.inbox.database.sqlite import SqliteConnection
from tests.inbox.ack_before_commit import AckBeforeCommit
from tests.inbox.database import Location, rows, states

BODY = b'{"id":"evt_1"}'
NEW = Receipt("new")
DUPLICATE = Receipt("duplicate")


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with the name of the thread, once per commit of a connection."""
    seen: list[str] = []
    for connection in (SqliteConnection, PostgresConnection):
        commit = connection.commit

        def counted(self: Any, commit: Any = commit) -> None:
            commit(self)
            seen.append(threading.current_thread().name)

        monkeypatch.setattr(connection, "commit", counted)
    return seen


@pytest.fixture
async def idle_inbox(location: Location) -> AsyncIterator[Inbox]:
    """One that has asked who leads just now, and does not commit anything for that while a test counts."""
    inbox = Inbox(location)
    await inbox.open()
    await asyncio.sleep(0.1)
    yield inbox
    await inbox.close()


async def test_an_event_is_kept_as_it_came(inbox: Inbox, location: Location) -> None:
    assert await inbox.store("payments", Arrival("evt_1", b"\x00\xff", "paid", "d1")) == NEW
    kept = rows(location, "SELECT upstream, event_id, type, delivery, body, state FROM events")
    assert kept == [("payments", "evt_1", "paid", "d1", b"\x00\xff", "new")]


async def test_the_same_event_is_kept_once_and_told_apart_from_a_replay(
    inbox: Inbox, location: Location
) -> None:
    assert await inbox.store("payments", Arrival("evt_1", BODY, delivery="d1")) == NEW
    assert await inbox.store("payments", Arrival("evt_1", BODY, delivery="d2")) == DUPLICATE
    assert await inbox.store("payments", Arrival("evt_1", BODY, delivery="d1")) == Receipt("replayed")
    assert await inbox.store("payments", Arrival("evt_1", BODY)) == DUPLICATE
    assert await inbox.store("shipments", Arrival("evt_1", BODY, delivery="d1")) == NEW
    assert rows(location, "SELECT upstream, event_id, delivery FROM events ORDER BY seq") == [
        ("payments", "evt_1", "d1"),
        ("shipments", "evt_1", "d1"),
    ]


async def test_without_a_delivery_that_can_be_told_nothing_is_a_replay(inbox: Inbox) -> None:
    assert await inbox.store("payments", Arrival("evt_1", BODY)) == NEW
    assert await inbox.store("payments", Arrival("evt_1", BODY)) == DUPLICATE


async def test_a_known_id_with_another_body_is_told_and_the_first_one_stays(
    inbox: Inbox, location: Location
) -> None:
    await inbox.store("payments", Arrival("evt_1", BODY))
    assert await inbox.store("payments", Arrival("evt_1", b"other")) == Receipt("duplicate", differs=True)
    assert rows(location, "SELECT body FROM events") == [(BODY,)]


async def test_a_known_body_under_a_new_id_is_kept_and_told(inbox: Inbox, location: Location) -> None:
    await inbox.store("payments", Arrival("evt_1", BODY))
    await inbox.store("shipments", Arrival("evt_2", BODY))
    assert await inbox.store("payments", Arrival("evt_3", BODY)) == Receipt("new", repeats="evt_1")
    assert await inbox.store("payments", Arrival("evt_4", BODY)) == Receipt("new", repeats="evt_1")
    assert len(states(location)) == 4


async def test_twins_in_one_group_are_kept_once(inbox: Inbox, location: Location) -> None:
    stored = await asyncio.gather(*(inbox.store("payments", Arrival("evt_1", BODY)) for _ in range(20)))
    assert stored.count(NEW) == 1
    assert stored.count(DUPLICATE) == 19
    assert len(states(location)) == 1


async def test_events_outlive_the_inbox(location: Location) -> None:
    for expected in (NEW, DUPLICATE):
        inbox = Inbox(location)
        await inbox.open()
        assert await inbox.store("payments", Arrival("evt_1", BODY)) == expected
        await inbox.close()


async def test_stores_that_wait_together_share_a_commit(idle_inbox: Inbox, commits: list[str]) -> None:
    stores = (idle_inbox.store("payments", Arrival(f"evt_{n}", b"%d" % n)) for n in range(200))
    assert await asyncio.gather(*stores) == [NEW] * 200
    assert 1 <= len(commits) <= 20


async def test_stores_one_after_the_other_have_a_commit_each(idle_inbox: Inbox, commits: list[str]) -> None:
    for n in range(5):
        await idle_inbox.store("payments", Arrival(f"evt_{n}", BODY))
    assert 5 <= len(commits) <= 7


async def stored_but_not_visible(location: Location, count: int) -> int:
    """How many stores returned while another connection could not see their event yet."""
    inbox = Inbox(location)
    await inbox.open()
    early = 0

    async def store(event_id: str) -> None:
        nonlocal early
        await inbox.store("payments", Arrival(event_id, BODY))
        early += not rows(location, "SELECT 1 FROM events WHERE event_id = ?", event_id)

    await asyncio.gather(*(store(f"evt_{n}") for n in range(count)))
    await inbox.close()
    return early


async def test_a_store_returns_after_its_commit(location: Location) -> None:
    assert await stored_but_not_visible(location, 40) == 0


async def test_the_test_above_notices_a_store_that_returns_earlier(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "Writer", AckBeforeCommit)
    assert await stored_but_not_visible(location, 40) > 0


def test_sqlites_commits_wait_for_the_disk(database: Path) -> None:
    connection = sqlite.connect(database)
    assert connection.raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    full = 2
    assert connection.raw.execute("PRAGMA synchronous").fetchone() == (full,)
    assert connection.raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.raw.execute("PRAGMA busy_timeout").fetchone() == (5000,)
    connection.close()


def test_postgresqls_commits_wait_for_the_disk_whatever_the_database_says(
    postgres_location: Secret,
) -> None:
    postgres.prepare(postgres_location)
    ((name,),) = rows(postgres_location, "SELECT current_database()")
    rows(postgres_location, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    connection = postgres.connect(postgres_location)
    assert connection.raw.execute("SHOW synchronous_commit").fetchone() == ("on",)
    assert connection.raw.execute("SHOW statement_timeout").fetchone() == ("10s",)
    assert connection.raw.execute("SHOW search_path").fetchone() == ("patchbay",)
    connection.close()


async def test_a_full_queue_refuses_at_once_and_recovers(location: Location) -> None:
    inbox = Inbox(location, max_waiting=3)
    await inbox.open()
    await asyncio.sleep(0.1)
    stores = (inbox.store("payments", Arrival(f"evt_{n}", b"%d" % n)) for n in range(10))
    outcomes = await asyncio.gather(*stores, return_exceptions=True)
    assert outcomes[:3] == [NEW] * 3
    assert all(isinstance(outcome, InboxUnavailable) for outcome in outcomes[3:])
    assert await inbox.store("payments", Arrival("evt_9", b"9")) == NEW
    assert [event_id for event_id, _ in states(location)] == ["evt_0", "evt_1", "evt_2", "evt_9"]
    await inbox.close()


async def test_a_database_that_fails_refuses_and_recovers(inbox: Inbox, location: Location) -> None:
    rows(location, "ALTER TABLE events RENAME TO away")
    with pytest.raises(InboxUnavailable, match="cannot be written"):
        await inbox.store("payments", Arrival("evt_1", BODY))
    rows(location, "ALTER TABLE away RENAME TO events")
    assert await inbox.store("payments", Arrival("evt_1", BODY)) == NEW


async def test_what_no_database_can_hold_is_refused_and_hurts_no_neighbour(
    inbox: Inbox, location: Location
) -> None:
    hostile = "\ud800" if isinstance(location, Path) else "evt\0"
    stores = (
        inbox.store("payments", Arrival(each, each[:3].encode("utf-8", "replace")))
        for each in ("a", hostile, "b")
    )
    first, refused, last = await asyncio.gather(*stores, return_exceptions=True)
    assert (first, last) == (NEW, NEW)
    assert isinstance(refused, InboxUnavailable)
    assert [event_id for event_id, _ in states(location)] == ["a", "b"]


async def test_a_store_whose_caller_went_away_is_still_kept(inbox: Inbox, location: Location) -> None:
    task = asyncio.create_task(inbox.store("payments", Arrival("evt_1", BODY)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await inbox.store("payments", Arrival("evt_2", BODY))
    assert [event_id for event_id, _ in states(location)] == ["evt_1", "evt_2"]


async def test_closing_commits_what_is_under_way_and_ends_the_threads(location: Location) -> None:
    before = set(threading.enumerate())
    inbox = Inbox(location)
    await inbox.open()
    stores = [asyncio.create_task(inbox.store("payments", Arrival(f"evt_{n}", b"%d" % n))) for n in range(50)]
    await asyncio.sleep(0)
    await inbox.close()
    assert await asyncio.gather(*stores) == [NEW] * 50
    threads = [thread.name for thread in threading.enumerate() if thread not in before]
    assert not [name for name in threads if name.startswith("patchbay-inbox")]
    with pytest.raises(InboxUnavailable, match="not open"):
        await inbox.store("payments", Arrival("evt_1", BODY))
    await inbox.close()


async def test_check_fails_when_it_cannot_write(inbox: Inbox, location: Location) -> None:
    await inbox.check()
    await inbox.close()
    with pytest.raises(InboxUnavailable):
        await inbox.check()
