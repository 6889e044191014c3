"""Opening the SQLite file: durability, schema, and the sentence when it cannot be used."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

SETTING = "PATCHBAY_DATABASE"
SCHEMA_VERSION = 2
BUSY_TIMEOUT_SECONDS = 5.0

_TABLES = """
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    upstream    TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    delivery    TEXT NOT NULL,
    received_at REAL NOT NULL,
    body        BLOB NOT NULL,
    state       TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'ignored', 'failed')),
    error       TEXT,
    UNIQUE (upstream, event_id)
);
CREATE INDEX events_new ON events (seq) WHERE state = 'new';
CREATE TABLE records (
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL,
    version     INTEGER NOT NULL,
    body        BLOB NOT NULL,
    received_at REAL NOT NULL,
    seq         INTEGER NOT NULL REFERENCES events (seq),
    PRIMARY KEY (kind, key)
);
CREATE TABLE lookups (
    kind        TEXT NOT NULL,
    attribute   TEXT NOT NULL,
    value       TEXT NOT NULL,
    key         TEXT NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (kind, key, attribute),
    FOREIGN KEY (kind, key) REFERENCES records (kind, key) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX lookups_value ON lookups (kind, attribute, value, version, key);
"""
_KINDS = """
CREATE TABLE kinds (
    kind        TEXT PRIMARY KEY,
    attributes  TEXT NOT NULL
) WITHOUT ROWID;
"""
_MIGRATIONS = (_TABLES, _KINDS)
"""What leads from each version to the next; the first one from an empty file."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode: transactions are begun by name.

    It may be handed to another thread, and is then used by that thread alone.

    Raises:
        ConfigurationError: the file cannot be used; names the path and the setting.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _unusable(path, str(error)) from error
    try:
        _prepare(connection, path, read_only=read_only)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, str(error)) from error
    except ConfigurationError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    # FULL: a commit returns after its fsync. NORMAL would lose acknowledged events when the power fails.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        return
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise _unusable(path, f"it stays in journal mode {mode}, where readers block the writer")
    # One transaction, so that two processes that start on a new file do not both create the tables.
    connection.execute("BEGIN IMMEDIATE")
    try:
        _migrate(connection, path)
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        problem = f"its schema is version {version}, and this release knows versions up to {SCHEMA_VERSION}"
        raise _unusable(path, problem)
    for script in _MIGRATIONS[version:]:
        # Not executescript(), which would commit first.
        for statement in filter(str.strip, script.split(";")):
            connection.execute(statement)
    # Written even when it stands there already: a file that cannot be written is found out now.
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _unusable(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(f"the inbox cannot use {path} (setting {SETTING}): {problem}")
