from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from patchbay.errors import ConfigurationError
from patchbay.inbox import Inbox
from patchbay.inbox.database.schema import SCHEMA_VERSION
from patchbay.inbox.database.sqlite import APPLICATION_ID
from tests.inbox.database import rows


async def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await Inbox(path).open()
    assert str(path) in str(caught.value)
    assert "PATCHBAY_DATABASE" in str(caught.value)
    return str(caught.value)


async def test_a_new_file_gets_the_schema_and_its_version(database: Path) -> None:
    inbox = Inbox(database)
    await inbox.open()
    assert rows(database, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert rows(database, "PRAGMA application_id") == [(APPLICATION_ID,)]
    names = {name for (name,) in rows(database, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {"events", "dead_letters", "records", "lookups", "kinds", "changes"} <= names
    await inbox.close()
    assert not database.with_name(database.name + "-wal").exists()


async def test_a_newer_schema_is_refused_and_left_alone(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert f"version {SCHEMA_VERSION + 1}" in await refusal(database)
    assert rows(database, "PRAGMA user_version") == [(SCHEMA_VERSION + 1,)]


async def test_a_database_of_something_else_is_refused_and_left_alone(database: Path) -> None:
    rows(database, "CREATE TABLE theirs (id INTEGER)")
    assert "it is no inbox" in await refusal(database)
    assert rows(database, "SELECT name FROM sqlite_schema") == [("theirs",)]


async def test_inboxes_that_start_together_on_a_new_file_make_its_tables_once(database: Path) -> None:
    inboxes = [Inbox(database) for _ in range(4)]
    await asyncio.gather(*(inbox.open() for inbox in inboxes))
    await asyncio.gather(*(inbox.check() for inbox in inboxes))
    assert rows(database, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    for inbox in inboxes:
        await inbox.close()


async def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    await refusal(tmp_path / "missing" / "inbox.sqlite3")


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    await refusal(tmp_path / "file" / "inbox.sqlite3")


@pytest.fixture
def no_database(database: Path) -> Path:
    database.write_bytes(b"this is no database" * 100)
    return database


async def test_a_file_that_is_no_database_is_refused(no_database: Path) -> None:
    assert "not a database" in await refusal(no_database)
