"""What travels between the parts of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from patchbay.errors import PatchbayError

Stored: TypeAlias = Literal["new", "duplicate", "replayed"]
"""`duplicate`: the event id is known from another delivery. `replayed`: from this very delivery."""

State: TypeAlias = Literal["applied", "ignored", "failed"]
"""What became of an event. Until then it is `new`."""


class Event(msgspec.Struct, frozen=True):
    """One stored event that waits to be applied. `seq` rises in the order of storing."""

    seq: int
    upstream: str
    body: bytes


class Change(msgspec.Struct, frozen=True):
    """A version of a record, as an event brings it.

    Args:
        kind: which records it belongs to, unique in the inbox.
        key: the record's key within its kind.
        version: the highest one wins; a signed 64-bit integer.
        body: the record as JSON.
        lookups: secondary key attribute -> its value; None where the record has none.
        record: what subscribers get.
    """

    kind: str
    key: str
    version: int
    body: bytes
    lookups: tuple[tuple[str, str | None], ...]
    record: Any


class Listener(Protocol):
    """Somebody who keeps elsewhere what events change."""

    async def tell(self, keys: Sequence[Any]) -> None:
        """These have changed. Told after the commit, perhaps more than once."""


class Notice(msgspec.Struct, frozen=True):
    """What an event changes outside of the inbox: told, and not stored."""

    listener: Listener
    key: Any


class Outcome(msgspec.Struct, frozen=True):
    """What an event came to. `error` is set for `failed` alone, short and without any of the payload."""

    seq: int
    state: State
    changes: tuple[Change, ...] = ()
    error: str | None = None
    notices: tuple[Notice, ...] = ()


Handler: TypeAlias = Callable[[bytes], Change | Notice | None]
"""Reads one event's body. None: not of interest. May raise anything; EventFailed says what is wrong."""


class Lookups(msgspec.Struct, frozen=True):
    """The lookups that a kind of record has from now on.

    Args:
        kind: as in Change.
        attributes: their names.
        read: a stored record's JSON -> its lookups, as in Change; None when it cannot be read.
    """

    kind: str
    attributes: tuple[str, ...]
    read: Callable[[bytes], tuple[tuple[str, str | None], ...] | None]


class EventFailed(PatchbayError):
    """An event cannot be applied. The message is kept with the event and must hold none of its payload."""

    code = "EVENT_FAILED"


class InboxUnavailable(PatchbayError):
    """The inbox cannot take or answer anything now; nothing was changed.

    Args:
        problem: a whole sentence.
        retry_after_seconds: when it is worth another try.
    """

    code = "INBOX_UNAVAILABLE"

    def __init__(self, problem: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(problem)
        self.retry_after_seconds = retry_after_seconds
