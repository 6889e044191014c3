"""PostgreSQL as it is when it cannot be used, and when it goes away and comes back."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from patchbay.environment import Secret
from patchbay.errors import ConfigurationError
from patchbay.inbox import Arrival, Inbox, InboxUnavailable
from patchbay.inbox.database import postgres
from patchbay.inbox.database.schema import SCHEMA_VERSION
from patchbay.upstreams.base import Runtime
from tests.inbox.conftest import SOON
from tests.inbox.database import all_applied, rows, session, states
from tests.inbox.vendor import environment, payment_event, payments_webhook
from tests.postgres_server import PASSWORD, PostgresServer

SETTING = "PATCHBAY_DATABASE_URL"
SHORT_SECONDS = 0.3


@pytest.fixture
def mortal() -> Iterator[PostgresServer]:
    """A server of the test's own, to be stopped."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements are given up soon."""
    long = f"'{postgres.STATEMENT_SECONDS}s'"
    assert long in postgres._SESSION  # noqa: SLF001 - where it is said to each session
    monkeypatch.setattr(postgres, "_SESSION", postgres._SESSION.replace(long, f"'{SHORT_SECONDS}s'"))  # noqa: SLF001


@pytest.fixture
async def open_inbox(impatient: None, postgres_location: Secret) -> AsyncIterator[Inbox]:
    inbox = Inbox(postgres_location)
    await inbox.open()
    yield inbox
    await inbox.close()


async def refusal(url: str, secret: str = PASSWORD) -> str:
    """The sentence. The password stands in none of all that an exception holds."""
    with pytest.raises(ConfigurationError) as caught:
        await Inbox(Secret(url, SETTING)).open()
    whole = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__cause__)
    assert secret not in whole
    assert SETTING in str(caught.value)
    return str(caught.value)


async def keep_storing(inbox: Inbox, event_id: str) -> int:
    """Deliver it until it is stored, as a vendor does; how often that was refused."""
    refused = 0
    end = time.monotonic() + 20
    while True:
        try:
            await inbox.store("payments", Arrival(event_id, payment_event(event_id)))
        except InboxUnavailable:
            assert time.monotonic() < end, "it does not recover"
            refused += 1
            await asyncio.sleep(0.01)
        else:
            return refused


class TestStart:
    async def test_a_server_that_is_away_is_told(self, mortal: PostgresServer) -> None:
        url = mortal.url()
        mortal.kill()
        assert "refused" in await refusal(url)

    async def test_a_wrong_password_is_told_and_not_shown(self, postgres: PostgresServer) -> None:
        url = postgres.url().replace(PASSWORD, "wrong-and-secret")
        assert "password authentication failed" in await refusal(url, "wrong-and-secret")

    async def test_a_database_that_is_not_there_is_told(self, postgres: PostgresServer) -> None:
        assert '"nowhere" does not exist' in await refusal(postgres.url("nowhere"))

    async def test_a_server_without_tls_is_refused_where_tls_is_asked_for(
        self, postgres: PostgresServer
    ) -> None:
        assert "SSL" in await refusal(f"{postgres.url()}?sslmode=require")

    async def test_an_address_that_is_none_is_told_and_not_shown(self) -> None:
        await refusal(f"postgresql://user:{PASSWORD}@127.0.0.1:port/x")

    async def test_a_user_without_the_right_to_make_a_schema_is_told(
        self, postgres: PostgresServer, postgres_location: Secret
    ) -> None:
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS guest")
            connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guests-password'")
        url = postgres_location.reveal().replace(f"patchbay:{PASSWORD}", "guest:guests-password")
        assert "permission denied" in await refusal(url, "guests-password")

    async def test_a_new_database_gets_the_schema_and_its_version(self, postgres_location: Secret) -> None:
        inbox = Inbox(postgres_location)
        await inbox.open()
        await inbox.close()
        assert rows(postgres_location, "SELECT version FROM schema_version") == [(SCHEMA_VERSION,)]
        public = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert rows(postgres_location, public) == [(0,)]

    async def test_a_newer_schema_is_refused_and_left_alone(self, postgres_location: Secret) -> None:
        postgres.prepare(postgres_location)
        rows(postgres_location, "UPDATE schema_version SET version = version + 1")
        assert f"version {SCHEMA_VERSION + 1}" in await refusal(postgres_location.reveal())
        assert rows(postgres_location, "SELECT version FROM schema_version") == [(SCHEMA_VERSION + 1,)]

    async def test_replicas_that_start_together_make_the_tables_once(self, postgres_location: Secret) -> None:
        await asyncio.gather(*(asyncio.to_thread(postgres.prepare, postgres_location) for _ in range(6)))
        assert rows(postgres_location, "SELECT version FROM schema_version") == [(SCHEMA_VERSION,)]

    async def test_the_test_above_notices_replicas_that_do_not_take_turns(
        self, postgres_location: Secret, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = iter(range(1000, 2000))

        class NoLocks(dict[str, int]):
            def __getitem__(self, _: str) -> int:
                return next(keys)

        monkeypatch.setattr(postgres, "LOCKS", NoLocks())
        with pytest.raises(ConfigurationError):
            await asyncio.gather(*(asyncio.to_thread(postgres.prepare, postgres_location) for _ in range(6)))


class TestTrouble:
    async def test_a_lock_that_somebody_holds_is_waited_for_only_so_long(
        self, open_inbox: Inbox, postgres_location: Secret
    ) -> None:
        with session(postgres_location) as other, other.transaction():
            other.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            started = time.monotonic()
            with pytest.raises(InboxUnavailable, match="cannot be written"):
                await open_inbox.store("payments", Arrival("e1", b"1"))
            assert time.monotonic() - started < SHORT_SECONDS + 2
            with pytest.raises(InboxUnavailable):
                await open_inbox.store("payments", Arrival("e1", b"1"))
        await open_inbox.store("payments", Arrival("e1", b"1"))
        assert states(postgres_location) == [("e1", "new")]

    async def test_a_lock_that_is_released_in_time_costs_only_time(
        self, open_inbox: Inbox, postgres_location: Secret
    ) -> None:
        with session(postgres_location) as other, other.transaction():
            other.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            stored = asyncio.ensure_future(open_inbox.store("payments", Arrival("e1", b"1")))
            await asyncio.sleep(SHORT_SECONDS / 3)
            assert not stored.done()
        assert (await stored).stored == "new"

    async def test_a_statement_that_takes_too_long_is_given_up(
        self, open_inbox: Inbox, postgres_location: Secret
    ) -> None:
        slow = """
        CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$;
        """
        rows(postgres_location, slow)
        rows(
            postgres_location,
            "CREATE TRIGGER slow BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION sleep()",
        )
        started = time.monotonic()
        with pytest.raises(InboxUnavailable):
            await open_inbox.store("payments", Arrival("e1", b"1"))
        assert time.monotonic() - started < SHORT_SECONDS + 2
        rows(postgres_location, "DROP TRIGGER slow ON events")
        assert (await open_inbox.store("payments", Arrival("e1", b"1"))).stored == "new"

    async def test_a_database_that_takes_no_writes_refuses_and_recovers(
        self, postgres_location: Secret
    ) -> None:
        inbox = Inbox(postgres_location)
        await inbox.open()
        ((name,),) = rows(postgres_location, "SELECT current_database()")
        rows(postgres_location, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        end_sessions(postgres_location)
        with pytest.raises(InboxUnavailable):
            await keep_refused(inbox)
        with session(postgres_location) as other:
            other.execute("SET default_transaction_read_only = off")
            other.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
        assert await keep_storing(inbox, "e1") >= 0
        await inbox.close()

    async def test_sessions_that_end_in_the_middle_of_writes_lose_and_double_nothing(
        self, postgres_location: Secret
    ) -> None:
        inbox = Inbox(postgres_location, options=SOON)
        await inbox.open()
        webhook, records = payments_webhook()
        await webhook.open(Runtime(environment(), inbox))
        refused = stored = 0
        ended = asyncio.Event()
        until = time.monotonic() + 20

        async def end_now_and_then() -> None:
            while not ended.is_set():
                await asyncio.to_thread(end_sessions, postgres_location)
                await asyncio.sleep(0.05)

        async def sender(number: int) -> None:
            """30 events, and on until sessions have ended under writes: most end between two of them."""
            nonlocal refused, stored
            sent = 0
            while sent < 30 or refused < 3:
                assert time.monotonic() < until, "no session ended in the middle of a write"
                refused += await keep_storing(inbox, f"e{number}_{sent}")
                sent += 1
            stored += sent

        ending = asyncio.create_task(end_now_and_then())
        await asyncio.gather(*(sender(number) for number in range(8)))
        ended.set()
        await ending
        await all_applied(postgres_location)
        assert len(states(postgres_location)) == stored
        assert {state for _, state in states(postgres_location)} == {"applied"}
        logged = [key for (key,) in rows(postgres_location, "SELECT key FROM changes")]
        assert len(logged) == len(set(logged)) == stored
        assert None not in await records.by("id")([f"e{n}_0" for n in range(8)])
        await inbox.close()

    async def test_a_server_that_dies_refuses_and_everything_goes_on_when_it_is_back(
        self, mortal: PostgresServer
    ) -> None:
        location = Secret(mortal.new_url(), SETTING)
        inbox = Inbox(location, options=SOON)
        await inbox.open()
        webhook, records = payments_webhook()
        await webhook.open(Runtime(environment(), inbox))
        updates = records.updates()
        assert await keep_storing(inbox, "before") == 0
        assert (await asyncio.wait_for(anext(updates), 10)).node.id == "before"
        mortal.kill()
        for _ in range(3):
            with pytest.raises(InboxUnavailable):
                await inbox.store("payments", Arrival("meanwhile", payment_event("meanwhile")))
        with pytest.raises(InboxUnavailable):
            await inbox.check()
        mortal.start()
        assert await keep_storing(inbox, "meanwhile") < 100
        await inbox.check()
        assert (await asyncio.wait_for(anext(updates), 10)).node.id == "meanwhile"
        assert states(location) == [("before", "applied"), ("meanwhile", "applied")]
        assert None not in await records.by("id")(["before", "meanwhile"])
        await inbox.close()

    async def test_a_server_that_hangs_acknowledges_nothing_and_goes_on(self, mortal: PostgresServer) -> None:
        location = Secret(mortal.new_url(), SETTING)
        inbox = Inbox(location, max_waiting=3)
        await inbox.open()
        await keep_storing(inbox, "before")
        mortal.pause()
        stores = [
            asyncio.ensure_future(inbox.store("payments", Arrival(f"e{n}", b"%d" % n))) for n in range(10)
        ]
        await asyncio.sleep(0.5)
        refused = [store for store in stores if store.done()]
        assert len(refused) >= 7
        assert all(isinstance(store.exception(), InboxUnavailable) for store in refused)
        mortal.resume()
        for n in range(10):
            await keep_storing(inbox, f"e{n}")
        assert len(states(location)) == 11
        await inbox.close()


async def keep_refused(inbox: Inbox) -> None:
    """Store until it is refused: a session that was ended may be noticed by the second store only."""
    for n in range(20):
        await inbox.store("payments", Arrival(f"before_{n}", b"%d" % n))


def end_sessions(location: Secret) -> None:
    """All that the inbox has on this database."""
    rows(
        location,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'patchbay'",
    )
