"""Where the inbox keeps everything: one SQLite file, or a PostgreSQL that replicas share.

    work(connection) -> Writer thread (group commit) | Reader threads -> sqlite3 | psycopg

`Database` is all that the stores see. A statement is written once (`sql`), and so is the schema (`schema`);
`sqlite` and `postgres` differ in how they connect and in who may lead.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.inbox.database.base import Database, NotLeadingError, RefusedError
from patchbay.inbox.database.connection import Connection
from patchbay.inbox.database.sql import Sql, sql
from patchbay.inbox.database.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from patchbay.environment import Secret

__all__ = ["Connection", "Database", "NotLeadingError", "RefusedError", "Sql", "database_at", "sql"]


def database_at(location: Path | Secret, *, max_waiting: int) -> Database:
    """The database at a path (SQLite) or behind a secret URL (PostgreSQL); not open yet.

    Args:
        location: where it is.
        max_waiting: how many writes may be under way before more are refused.
    """
    if isinstance(location, Path):
        return SqliteDatabase(location, max_waiting=max_waiting)
    # psycopg takes a tenth of a second to load.
    from patchbay.inbox.database.postgres import PostgresDatabase  # noqa: PLC0415 - where it is used

    return PostgresDatabase(location, max_waiting=max_waiting)
