"""API keys: what is kept of them, and who is let in by one."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from patchbay.access.identity import Identity
from patchbay.access.proofs.api_keys import KEEP_SECONDS, MAX_TOGETHER, ApiKeys
from patchbay.access.proofs.key_store import KeyStore
from patchbay.access.proofs.unauthenticated import IdentityUnavailable, Unauthenticated
from patchbay.errors import InputError
from patchbay.inbox.database import Database
from tests.access.keys_database import Watched, location_of, opened
from tests.calls.clock import Clock
from tests.inbox.database import Location, rows


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    # By name: a test on SQLite needs no server.
    return location_of(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))


@pytest.fixture
async def database(location: Location) -> AsyncIterator[Database]:
    async with opened(location) as database:
        yield database


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Watched]:
    """A SQLite file, where nothing depends on the kind of database."""
    async with opened(tmp_path / "inbox.sqlite3") as database:
        yield Watched(database)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(file: Watched, clock: Clock) -> AsyncIterator[ApiKeys]:
    keys = ApiKeys(store_of(file), clock)
    yield keys
    await keys.close()


def store_of(watched: Watched) -> KeyStore:
    return KeyStore(cast("Database", watched))


async def made(watched: Watched, **options: Any) -> str:
    store = KeyStore(watched._database)  # noqa: SLF001 - writes as another process does
    _, key = await store.create("shop", **options)
    return key


async def refusal(keys: ApiKeys, key: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await keys.identify(key)
    assert keys.known(key) is None
    assert key not in f"{caught.value} {caught.value.challenge}"
    return str(caught.value)


def id_of(key: str) -> str:
    return key.split("_")[1]


async def test_a_key_is_shown_once_and_its_digest_alone_is_kept(
    database: Database, location: Location
) -> None:
    record, key = await KeyStore(database).create("shop", ("write", "read", "read"), 60)
    assert re.fullmatch(r"pbk_[0-9a-f]{16}_[0-9a-f]{64}", key)
    secret = key.rpartition("_")[2]
    kept = repr(rows(location, "SELECT * FROM api_keys"))
    assert record.id in kept
    assert secret not in kept
    assert bytes.fromhex(secret) not in record.digest
    assert record.scopes == ("read", "write")
    assert await KeyStore(database).by_ids([record.id, "unknown"]) == {record.id: record}


async def test_two_keys_have_nothing_in_common(database: Database) -> None:
    store = KeyStore(database)
    keys = [(await store.create("same"))[1] for _ in range(20)]
    assert len({id_of(key) for key in keys}) == len({key.rpartition("_")[2] for key in keys}) == 20
    assert len(await store.newest()) == 20


async def test_every_replica_knows_a_key_and_its_end(database: Database, location: Location) -> None:
    _, key = await KeyStore(database).create("shop", ("read",))
    clock = Clock()
    async with opened(location) as other:
        keys = ApiKeys(KeyStore(other), clock)
        identity = await keys.identify(key)
        assert identity == Identity(kind="key", subject=id_of(key), scopes=frozenset({"read"}))
        assert keys.known(key) is identity
        await KeyStore(database).revoke(id_of(key))
        clock.pass_seconds(KEEP_SECONDS)
        assert keys.known(key) is None
        assert await refusal(keys, key) == "the API key is revoked"
        await keys.close()


async def test_a_use_is_noted_now_and_then(database: Database) -> None:
    store, clock = KeyStore(database), Clock()
    keys = ApiKeys(store, clock)
    record, key = await store.create("shop")
    assert record.used_at is None
    await asyncio.gather(*(keys.identify(key) for _ in range(10)))
    noted: list[float] = []

    async def look() -> None:
        noted.extend(each.used_at for each in await store.newest() if each.used_at is not None)

    async with asyncio.timeout(5):
        while not noted:
            await look()
    assert abs(noted[0] - time.time()) < 5
    clock.pass_seconds(KEEP_SECONDS)
    await keys.identify(key)
    await keys.close()
    await look()
    assert noted[-1] == noted[0]


async def test_a_key_is_revoked_once(database: Database) -> None:
    store = KeyStore(database)
    record, _ = await store.create("shop")
    first = await store.revoke(record.id)
    assert first.state == "revoked"
    assert (await store.revoke(record.id)).revoked_at == first.revoked_at
    for unknown in ("0" * 16, "", "x' OR 'x'='x", "\x00"):
        with pytest.raises(InputError, match="is that of no key"):
            await store.revoke(unknown)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, "\ud800"])
async def test_a_name_that_cannot_be_used_is_refused(file: Watched, name: str) -> None:
    with pytest.raises(InputError, match="argument 'name'"):
        await KeyStore(file._database).create(name)  # noqa: SLF001 - as above


@pytest.mark.parametrize("scope", ["", "a b", 'a"', "é", "a\\", "x" * 101])
async def test_a_scope_that_cannot_be_used_is_refused(file: Watched, scope: str) -> None:
    with pytest.raises(InputError, match="argument 'scope'"):
        await KeyStore(file._database).create("shop", [scope])  # noqa: SLF001 - as above


async def test_what_is_no_key_asks_nobody(file: Watched, keys: ApiKeys) -> None:
    key = await made(file)
    for wrong in (
        "pbk_",
        key[:-1],
        f"{key}0",
        key.upper(),
        f"{key}\n",
        "pbk__",
        f"pbk_{'0' * 16}_",
        f" {key}",
    ):
        assert await refusal(keys, wrong) == "the API key is not known"
    assert file.reads == 0


async def test_a_wrong_secret_is_told_as_an_unknown_key_is(file: Watched, keys: ApiKeys) -> None:
    key = await made(file)
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    unknown = f"pbk_{'0' * 16}_{'0' * 64}"
    assert await refusal(keys, wrong) == await refusal(keys, unknown)
    await keys.identify(key)
    assert await refusal(keys, wrong) == "the API key is not known"
    # Also where the key has ended: nobody learns of it without the secret.
    await KeyStore(file._database).revoke(id_of(key))  # noqa: SLF001 - as above
    fresh = ApiKeys(store_of(file))
    assert await refusal(fresh, wrong) == "the API key is not known"


async def test_an_expired_key_is_refused_also_while_it_is_kept(file: Watched, keys: ApiKeys) -> None:
    key = await made(file, expires_after_seconds=0.5)
    identity = await keys.identify(key)
    assert keys.known(key) is identity
    await asyncio.sleep(0.55)
    assert identity.has_expired
    assert await refusal(keys, key) == "the API key is expired"


async def test_a_key_is_kept_for_seconds(file: Watched, keys: ApiKeys, clock: Clock) -> None:
    key = await made(file)
    for _ in range(3):
        identity = await keys.identify(key)
        for _ in range(10):
            assert keys.known(key) is identity
        clock.pass_seconds(KEEP_SECONDS)
        assert keys.known(key) is None
    assert file.reads == 3
    assert KEEP_SECONDS < 5


async def test_the_same_unknown_key_is_looked_up_once_in_seconds(
    file: Watched, keys: ApiKeys, clock: Clock
) -> None:
    unknown = f"pbk_{'0' * 16}_{'0' * 64}"
    for _ in range(50):
        await refusal(keys, unknown)
    assert file.reads == 1
    clock.pass_seconds(KEEP_SECONDS)
    await refusal(keys, unknown)
    assert file.reads == 2


async def test_a_flood_of_unknown_keys_shares_statements_and_displaces_nobody(
    file: Watched, keys: ApiKeys
) -> None:
    key = await made(file)
    identity = await keys.identify(key)
    flood = [f"pbk_{number:016x}_{'0' * 64}" for number in range(3000)]
    refused = await asyncio.gather(*(keys.identify(each) for each in flood), return_exceptions=True)
    assert all(isinstance(each, Unauthenticated) for each in refused)
    assert file.reads <= 2 + len(flood) / MAX_TOGETHER
    assert keys.known(key) is identity


async def test_too_many_who_wait_are_told_to_come_again(file: Watched, keys: ApiKeys) -> None:
    flood = [f"pbk_{number:016x}_{'0' * 64}" for number in range(6000)]
    refused = await asyncio.gather(*(keys.identify(each) for each in flood), return_exceptions=True)
    assert sum(isinstance(each, IdentityUnavailable) for each in refused) == 1000


async def test_a_database_that_is_away_makes_no_key_wrong(file: Watched, keys: ApiKeys, clock: Clock) -> None:
    key = await made(file)
    await keys.identify(key)
    file.is_away = True
    assert keys.known(key) is not None
    clock.pass_seconds(KEEP_SECONDS)
    told = await asyncio.gather(*(keys.identify(key) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in told] == [IdentityUnavailable] * 5
    assert str(told[0]) == "credentials cannot be verified now"
    file.is_away = False
    assert (await keys.identify(key)).subject == id_of(key)


async def test_who_leaves_takes_the_answer_from_nobody(file: Watched, keys: ApiKeys) -> None:
    key = await made(file)
    first = asyncio.create_task(keys.identify(key))
    second = asyncio.create_task(keys.identify(key))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).subject == id_of(key)


async def test_closing_leaves_nobody_waiting(file: Watched) -> None:
    keys = ApiKeys(store_of(file))
    waiting = [asyncio.create_task(keys.identify(f"pbk_{number:016x}_{'0' * 64}")) for number in range(600)]
    await asyncio.sleep(0)
    await keys.close()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, IdentityUnavailable | Unauthenticated) for each in told)
