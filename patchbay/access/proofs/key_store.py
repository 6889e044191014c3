"""API keys at rest, in the inbox's database: everything about them but what proves them.

A key is `pbk_<id>_<secret>`. The secret is 256 random bits, of which a SHA-256 digest is kept.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from patchbay.errors import InputError
from patchbay.inbox.database.sql import json_list, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from patchbay.inbox.database import Connection, Database

KeyState: TypeAlias = Literal["active", "expired", "revoked"]

PREFIX = "pbk_"
ID_BYTES = 8
SECRET_BYTES = 32
ID_CHARACTERS = 2 * ID_BYTES
KEY = re.compile(rf"{PREFIX}([0-9a-f]{{{ID_CHARACTERS}}})_([0-9a-f]{{{2 * SECRET_BYTES}}})")

MAX_NAME_CHARACTERS = 100
MAX_SCOPES = 100
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
"""As OAuth has it (RFC 6749, 3.3)."""

MAX_PAGE = 1000
USE_SECONDS = 3600.0
"""How exact the time of the last use is: noting each one would be a write per request."""

_COLUMNS = "id, name, digest, scopes, created_at, expires_at, revoked_at, used_at"
ADD = sql("""
INSERT INTO api_keys (id, name, digest, scopes, created_at, expires_at)
VALUES (:id, :name, :digest, :scopes, :created_at, :expires_at)
""")
BY_IDS = sql(f"SELECT {_COLUMNS} FROM api_keys WHERE id IN (SELECT value FROM EACH(:ids, wanted))")  # noqa: S608 - no value stands in it
NEWEST = sql(f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at DESC, id LIMIT :most")  # noqa: S608 - as above
REVOKE = sql("UPDATE api_keys SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")
USED = sql("""
UPDATE api_keys SET used_at = :now WHERE id = :id AND (used_at IS NULL OR used_at < :long_ago)
""")


class KeyRecord(msgspec.Struct, frozen=True):
    """A key as it is kept. Times are in epoch seconds.

    Args:
        id: names it, and stands in it.
        name: what people call it.
        digest: SHA-256 of its secret.
        scopes: what it may do.
        expires_at: from when on it is no longer accepted; None where it has no end.
        revoked_at: when it was withdrawn.
        used_at: when it was used last, to about an hour.
    """

    id: str
    name: str
    digest: bytes
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    used_at: float | None = None

    @property
    def state(self) -> KeyState:
        """Whether it is accepted now, and why not."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and time.time() >= self.expires_at else "active"


class KeyStore:
    """Keys in a database. Every method raises InboxUnavailable where the database is away.

    Args:
        database: open.
        clock: epoch seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self, name: str, scopes: Collection[str] = (), expires_after_seconds: float | None = None
    ) -> tuple[KeyRecord, str]:
        """A new key: what is kept of it, and the key itself, which nobody can read again.

        Raises:
            InputError: a name or a scope that cannot be used.
        """
        _require_usable(name, scopes)
        now = self._clock()
        secret = secrets.token_hex(SECRET_BYTES)
        record = KeyRecord(
            id=secrets.token_hex(ID_BYTES),
            name=name,
            digest=digest_of(secret),
            scopes=tuple(sorted(set(scopes))),
            created_at=now,
            expires_at=None if expires_after_seconds is None else now + expires_after_seconds,
        )
        values = {
            name: getattr(record, name) for name in ("id", "name", "digest", "created_at", "expires_at")
        }
        values["scopes"] = json.dumps(record.scopes)

        def add(connection: Connection) -> None:
            connection.run(ADD, values)

        await self._database.write(add)
        return record, f"{PREFIX}{record.id}_{secret}"

    async def by_ids(self, ids: Collection[str]) -> dict[str, KeyRecord]:
        """Those that there are, revoked and expired ones as well."""

        def read(connection: Connection) -> list[Any]:
            return connection.run(BY_IDS, {"ids": json_list(ids)}).fetchall()

        return {record.id: record for record in map(_record, await self._database.read(read))}

    async def newest(self, most: int = MAX_PAGE) -> Sequence[KeyRecord]:
        """All, newest first, as far as they are not more than that."""

        def read(connection: Connection) -> list[Any]:
            return connection.run(NEWEST, {"most": most}).fetchall()

        return [_record(row) for row in await self._database.read(read)]

    async def revoke(self, id: str) -> KeyRecord:
        """Withdraw a key; harmless where it was withdrawn before. It is accepted nowhere a few seconds later.

        Raises:
            InputError: there is none.
        """
        values = {"id": id, "now": self._clock()}

        def revoke(connection: Connection) -> list[Any]:
            connection.run(REVOKE, values)
            return connection.run(BY_IDS, {"ids": json_list([id])}).fetchall()

        rows = await self._database.write(revoke) if re.fullmatch(r"[0-9a-f]+", id) else []
        if not rows:
            raise InputError("id", "is that of no key")
        return _record(rows[0])

    async def note_use(self, id: str) -> None:
        """Note that it is used now, unless that was done less than USE_SECONDS ago."""
        now = self._clock()
        values = {"id": id, "now": now, "long_ago": now - USE_SECONDS}

        def note(connection: Connection) -> None:
            connection.run(USED, values)

        await self._database.write_apart(note)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: nobody guesses 256 random bits, so that a slow hash would protect nothing."""
    return sha256(secret.encode()).digest()


def _record(row: Any) -> KeyRecord:
    id, name, digest, scopes, created_at, expires_at, revoked_at, used_at = row
    return KeyRecord(
        id, name, bytes(digest), tuple(json.loads(scopes)), created_at, expires_at, revoked_at, used_at
    )


def _require_usable(name: str, scopes: Collection[str]) -> None:
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable() or not name.strip():
        raise InputError("name", f"must be 1 to {MAX_NAME_CHARACTERS} printable characters")
    if len(scopes) > MAX_SCOPES or not all(map(SCOPE.fullmatch, scopes)):
        raise InputError(
            "scope", f"must be visible ASCII without space, quote and backslash; at most {MAX_SCOPES} of them"
        )
