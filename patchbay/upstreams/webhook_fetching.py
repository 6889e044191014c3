"""Read-through: where the vendor can also be asked, what is missing or too old is fetched and kept.

    keys -> inbox -> missing or too old? -> one read of the vendor's API -> inbox -> answer

The answer always comes from the inbox, after what was fetched has been kept there: what a webhook has told
meanwhile is newer, and stays. The vendor is asked in nobody's name, as everybody is answered from the inbox.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.errors import ConfigurationError, UpstreamBadData, UpstreamError
from patchbay.inbox import StoredRecord
from patchbay.scope import Scope, current_scope, enter_scope
from patchbay.upstreams.webhook_shape import MAX_KEY_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from patchbay.batch import ByIds
    from patchbay.inbox import Change, Inbox
    from patchbay.upstreams.webhook_shape import RecordShape

    Stored = Mapping[str, list[StoredRecord]]
    Look = Callable[[Sequence[str]], Awaitable[Stored]]

R = TypeVar("R", bound=msgspec.Struct)

ASKED_AGAIN_SECONDS = 30.0
"""After which the vendor is asked again for what it did not know."""

MAX_REMEMBERED = 10_000


class Completed(msgspec.Struct, frozen=True):
    """What is stored now, and the error of each key for which nothing is."""

    stored: Stored
    failed: dict[str, UpstreamError]


class Fetching(Generic[R]):
    """How the records of one type are fetched.

    Args:
        shape: of the records.
        reads: the key or a lookup -> the read of another upstream that is asked by its values.
        fetched: from what a read answers for one key to a record, several or None; None where the reads
            answer such records themselves.
        max_age_seconds: how long after it was told or asked for a record is taken as it is; None for ever.

    Raises:
        ConfigurationError: a read by what is neither the key nor a lookup.
    """

    def __init__(
        self,
        shape: RecordShape[R],
        reads: Mapping[str, ByIds[Any]],
        *,
        fetched: Callable[[Any], R | Sequence[R] | None] | None = None,
        max_age_seconds: float | None = None,
    ) -> None:
        for name in reads:
            if name not in (shape.key, *shape.lookups):
                raise ConfigurationError(
                    f"{shape.source}: '{name}' is neither the key nor a lookup of {shape.kind}"
                )
        self._shape = shape
        self._reads = dict(reads)
        self._build = fetched
        self._max_age_seconds = max_age_seconds
        self._asked = Remembered()

    def reads_for(self, attribute: str) -> tuple[ByIds[Any], ...]:
        """The reads that may be asked where values of this attribute are looked for."""
        own = self._shape.key
        # What is found by a lookup is asked for by its key when it is too old.
        names = [attribute] if attribute == own or self._max_age_seconds is None else [attribute, own]
        return tuple(self._reads[name] for name in names if name in self._reads)

    async def completed(
        self,
        inbox: Inbox,
        attribute: str,
        keys: Sequence[str],
        stored: Stored,
        look: Look,
        *,
        takes_all: bool,
    ) -> Completed:
        """What is stored for these keys, after fetching what is missing or too old.

        Args:
            inbox: where it is kept.
            attribute: what the keys are values of.
            keys: different ones.
            stored: what is there now.
            look: looks again.
            takes_all: all records of a key are wanted, and what is stored may be a part of them.

        Raises:
            InboxUnavailable: it cannot be read or kept.
        """
        failed = await self._fetch(inbox, attribute, keys, stored, takes_all=takes_all)
        own = self._shape.key
        if failed is None and attribute != own:
            # Nothing is found by this lookup, but what is found can be asked for by its key.
            rows = {row.key: [row] for each in stored.values() for row in each}
            failed = await self._fetch(inbox, own, list(rows), rows, takes_all=False)
        if failed is None:
            failed = {}
        else:
            stored = await look(keys)
        self.warn_of_old(row for rows in stored.values() for row in rows)
        if takes_all:
            self.warn_of_part(row for key in failed for row in stored.get(key, ()))
        return Completed(stored, {key: error for key, error in failed.items() if not stored.get(key)})

    async def lists(self, inbox: Inbox, attribute: str, keys: Sequence[str]) -> dict[str, UpstreamError]:
        """Fetch the whole lists of these keys where they are not known to be kept; why some cannot be had.

        Raises:
            InboxUnavailable: nothing can be kept.
        """
        return await self._fetch(inbox, attribute, keys, {}, takes_all=True) or {}

    def warn_of_old(self, rows: Iterable[StoredRecord]) -> None:
        """Have the operation warn of records that are answered although they are too old."""
        now = time.time()
        for row in rows:
            if self._is_old(row, now):
                current_scope().warn_stale(self._shape.source, now - row.checked_at)

    def warn_of_part(self, rows: Iterable[StoredRecord]) -> None:
        """Have the operation warn of lists that could not be fetched, and may be there in part."""
        now = time.time()
        for row in rows:
            current_scope().warn_stale(self._shape.source, now - row.checked_at)

    async def _fetch(
        self, inbox: Inbox, attribute: str, keys: Sequence[str], stored: Stored, *, takes_all: bool
    ) -> dict[str, UpstreamError] | None:
        """Fetch and keep what is due of these keys: the errors; None where nothing was asked."""
        read = self._reads.get(attribute)
        if read is None:
            return None
        due = [key for key in keys if self._is_due(attribute, key, stored.get(key, ()), takes_all=takes_all)]
        if not due:
            return None
        asked_at = time.time()
        failed: dict[str, UpstreamError] = {}
        changes: list[Change] = []
        for key, outcome in zip(due, await _asked_in_nobodys_name(read, due), strict=True):
            if isinstance(outcome, UpstreamError):
                failed[key] = outcome
                continue
            try:
                changes += map(self._shape.change_of, self._records(outcome))
            except Exception as error:  # noqa: BLE001 - a foreign function, whose error belongs to its key
                failed[key] = UpstreamBadData(read.source, "what was fetched is no such record")
                failed[key].__cause__ = error
        if changes:
            await inbox.keep(changes, as_of=asked_at)
        for key in due:
            if key not in failed:
                self._asked.note((attribute, key))
        return failed

    def _records(self, outcome: Any) -> Sequence[R]:
        """The records in what a read answers for one key."""
        built = outcome if outcome is None or self._build is None else self._build(outcome)
        if built is None:
            return ()
        return built if isinstance(built, Sequence) else (built,)

    def _is_due(self, attribute: str, key: str, rows: Sequence[StoredRecord], *, takes_all: bool) -> bool:
        if not 1 <= len(key) <= MAX_KEY_CHARACTERS:
            # No record can have it, and it would have to be remembered.
            return False
        now = time.time()
        if rows and not takes_all and not any(self._is_old(row, now) for row in rows):
            return False
        asked_seconds = self._asked.seconds_ago((attribute, key))
        if asked_seconds is None:
            return True
        limit_seconds = math.inf if self._max_age_seconds is None else self._max_age_seconds
        return asked_seconds > (limit_seconds if takes_all else min(limit_seconds, ASKED_AGAIN_SECONDS))

    def _is_old(self, row: StoredRecord, now: float) -> bool:
        return self._max_age_seconds is not None and now - row.checked_at > self._max_age_seconds


class Remembered:
    """What was asked for lately, and when; the newest MAX_REMEMBERED."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note(self, what: tuple[str, str]) -> None:
        """It was asked for now."""
        self._at[what] = time.monotonic()
        self._at.move_to_end(what)
        if len(self._at) > MAX_REMEMBERED:
            self._at.popitem(last=False)

    def seconds_ago(self, what: tuple[str, str]) -> float | None:
        """How long ago it was; None where nobody remembers."""
        at = self._at.get(what)
        return None if at is None else time.monotonic() - at


async def _asked_in_nobodys_name(read: ByIds[Any], keys: Sequence[str]) -> Sequence[Any]:
    """The read's outcomes. Its calls and its time are the operation's, and its caller is nobody."""
    asking = current_scope()
    scope = Scope(background=asking.background)
    scope.deadline = asking.deadline

    async def ask() -> Sequence[Any]:
        enter_scope(scope)
        return await read(keys)

    try:
        # In a task, as the scope belongs to a task's context.
        return await asyncio.create_task(ask())
    finally:
        for call, number in scope.calls.items():
            asking.calls[call] = asking.calls.get(call, 0) + number
        for source, age_seconds in scope.stale.items():
            asking.warn_stale(source, age_seconds)
