"""API keys as a server verifies them: kept for a few seconds, and looked up by one statement at a time.

Whatever strangers send, the database answers no more than one question at once: those who ask meanwhile wait
for the next one together.
"""

from __future__ import annotations

import asyncio
import contextvars
import hmac
import time
from collections import OrderedDict
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from patchbay.access.identity import Identity
from patchbay.access.proofs.key_store import KEY, PREFIX, USE_SECONDS, KeyRecord, digest_of
from patchbay.access.proofs.unauthenticated import IdentityUnavailable, Unauthenticated
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from patchbay.access.proofs.key_store import KeyStore

    _Wanted: TypeAlias = "dict[str, list[asyncio.Future[Kept]]]"

KEEP_SECONDS = 3.0
"""How long what the database says of a key is believed: a revoked one is refused within five seconds."""

MAX_KEPT = 10_000
"""Keys that are kept."""

MAX_UNKNOWN = 10_000
"""Ids of no key that are kept, apart from keys: a flood of them displaces no key."""

MAX_WAITING = 5_000
"""Who may wait for the database at once; more are told to come again."""

MAX_TOGETHER = 500
"""Ids in one statement."""


class Kept:
    """What the database said of an id, and when it was asked (clock)."""

    __slots__ = ("at", "identity", "record")

    def __init__(self, record: KeyRecord | None, at: float) -> None:
        self.record = record
        self.at = at
        self.identity = None if record is None else _identity(record)

    def proves(self, secret: str) -> bool:
        """Whether this is the key's secret. Takes the same time for each wrong one."""
        return self.record is not None and hmac.compare_digest(digest_of(secret), self.record.digest)


class ApiKeys:
    """Verifies keys. Use it in one event loop, and close it there.

    Args:
        store: where they are.
        clock: seconds that only grow.
    """

    def __init__(self, store: KeyStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[str, Kept] = OrderedDict()
        self._unknown: OrderedDict[str, Kept] = OrderedDict()
        self._wanted: _Wanted = {}
        self._waiting = 0
        self._closed = False
        self._reading: asyncio.Task[None] | None = None
        self._noting: set[asyncio.Task[None]] = set()

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether this is meant to be an API key, and not a token."""
        return text.startswith(PREFIX)

    def known(self, key: str) -> Identity | None:
        """Of a right key that was looked up a moment ago; None where it has to be waited for or refused."""
        parts = KEY.fullmatch(key)
        kept = None if parts is None else self._kept(parts[1])
        if parts is None or kept is None or not kept.proves(parts[2]):
            return None
        return kept.identity if kept.record is not None and kept.record.state == "active" else None

    async def identify(self, key: str) -> Identity:
        """The identity that it proves.

        Raises:
            Unauthenticated: it proves none.
            IdentityUnavailable: nobody can tell now.
        """
        parts = KEY.fullmatch(key)
        if parts is None:
            raise _unknown()
        kept = self._kept(parts[1]) or await self._looked_up(parts[1])
        record, identity = kept.record, kept.identity
        if record is None or identity is None or not kept.proves(parts[2]):
            raise _unknown()
        # Nobody learns that but who has the key.
        if record.state != "active":
            raise Unauthenticated(f"the API key is {record.state}")
        self._note_use(record)
        return identity

    async def close(self) -> None:
        """Returns when nothing is under way. Who waits for an answer is told that there is none."""
        self._closed = True
        tasks = [task for task in (self._reading, *self._noting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that is cancelled before it begins tells nobody.
        _fail(self._wanted)

    def _kept(self, id: str) -> Kept | None:
        kept = self._known.get(id) or self._unknown.get(id)
        return kept if kept is not None and self._clock() - kept.at < KEEP_SECONDS else None

    async def _looked_up(self, id: str) -> Kept:
        if self._closed or self._waiting >= MAX_WAITING:
            raise IdentityUnavailable
        waiter: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(id, []).append(waiter)
        if self._reading is None:
            # A context of its own: it serves all who wait, and not the operation that happens to ask first.
            self._reading = asyncio.get_running_loop().create_task(
                self._read(), context=contextvars.Context()
            )
        self._waiting += 1
        try:
            return await waiter
        finally:
            self._waiting -= 1

    async def _read(self) -> None:
        wanted: _Wanted = {}
        try:
            while self._wanted:
                wanted = {id: self._wanted.pop(id) for id in list(islice(self._wanted, MAX_TOGETHER))}
                try:
                    await self._answer(wanted)
                except InboxUnavailable as error:
                    _fail(wanted, error)
        finally:
            # Closed, or broken in a way that nobody has thought of: nobody waits for ever.
            _fail(wanted)
            _fail(self._wanted)
            self._wanted = {}
            self._reading = None

    async def _answer(self, wanted: _Wanted) -> None:
        # A key that is revoked while the answer is on its way counts from before.
        at = self._clock()
        records = await self._store.by_ids(wanted)
        for id, waiters in wanted.items():
            kept = Kept(records.get(id), at)
            self._keep(id, kept)
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(kept)

    def _keep(self, id: str, kept: Kept) -> None:
        there, gone, most = self._known, self._unknown, MAX_KEPT
        if kept.record is None:
            there, gone, most = self._unknown, self._known, MAX_UNKNOWN
        gone.pop(id, None)
        there[id] = kept
        there.move_to_end(id)
        if len(there) > most:
            there.popitem(last=False)

    def _note_use(self, record: KeyRecord) -> None:
        """In the background, and now and then only."""
        if record.used_at is not None and time.time() - record.used_at < USE_SECONDS:
            return
        if any(task.get_name() == record.id for task in self._noting):
            return
        loop, context = asyncio.get_running_loop(), contextvars.Context()
        task = loop.create_task(self._noted(record.id), name=record.id, context=context)
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _noted(self, id: str) -> None:
        with suppress(InboxUnavailable):
            await self._store.note_use(id)


def _fail(wanted: _Wanted, cause: Exception | None = None) -> None:
    for waiter in (each for waiters in wanted.values() for each in waiters):
        if not waiter.done():
            told = IdentityUnavailable()
            told.__cause__ = cause
            waiter.set_exception(told)


def _identity(record: KeyRecord) -> Identity:
    return Identity(
        kind="key", subject=record.id, scopes=frozenset(record.scopes), expires_at=record.expires_at
    )


def _unknown() -> Unauthenticated:
    return Unauthenticated("the API key is not known")
