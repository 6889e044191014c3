"""What travels between the parts of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from patchbay.errors import PatchbayError

Stored: TypeAlias = Literal["new", "duplicate", "replayed"]
"""`duplicate`: the event id is known from another delivery. `replayed`: from this very delivery."""

State: TypeAlias = Literal["applied", "ignored", "dead"]
"""What became of an event. Until then it is `new`."""


class Arrival(msgspec.Struct, frozen=True):
    """A verified event, as it comes in.

    Args:
        event_id: the vendor's id of the event, the same in each delivery of it.
        body: JSON, as handlers get it.
        type: what it tells of, as in "payment_intent.succeeded"; None where the vendor does not say.
        delivery: hex SHA-256 that tells one signed delivery from another; None where the scheme cannot.
    """

    event_id: str
    body: bytes
    type: str | None = None
    delivery: str | None = None


class Receipt(msgspec.Struct, frozen=True):
    """What became of an arrival.

    Args:
        stored: whether it is new.
        repeats: the id of an earlier event of this upstream with the very same body, for a new one.
        differs: a known event id came with another body; the first one stays.
    """

    stored: Stored
    repeats: str | None = None
    differs: bool = False


class Event(msgspec.Struct, frozen=True):
    """One stored event that waits to be applied. `seq` rises in the order of storing.

    Args:
        received_at: epoch seconds.
        body_hash: hex SHA-256 of the body.
        attempts: how often its handlers have failed.
        settled_at: epoch seconds, when it was applied or ignored for the first time; None before that.
    """

    seq: int
    upstream: str
    event_id: str
    type: str | None
    received_at: float
    body: bytes
    body_hash: str
    attempts: int
    settled_at: float | None = None


class Lookup(msgspec.Struct, frozen=True):
    """An attribute of a record.

    Args:
        value: as text, for equality.
        rank: text whose order is that of the values, see patchbay.inbox.ranks.
    """

    attribute: str
    value: str
    rank: str


class Change(msgspec.Struct, frozen=True):
    """A version of a record, as an event brings it.

    Args:
        kind: which records it belongs to, unique in the inbox.
        key: the record's key within its kind.
        version: the highest one wins; a signed 64-bit integer.
        body: the record as JSON; None where this version deletes it.
        lookups: what it is found, filtered and ordered by; an attribute without a value is left out.
    """

    kind: str
    key: str
    version: int
    body: bytes | None
    lookups: tuple[Lookup, ...] = ()


class Listener(Protocol):
    """Somebody who keeps elsewhere what events change."""

    async def tell(self, keys: Sequence[Any]) -> None:
        """These have changed. Told after the commit, perhaps more than once."""


class Notice(msgspec.Struct, frozen=True):
    """What an event changes outside of the inbox: told, and not stored."""

    listener: Listener
    key: Any


class SetOff(msgspec.Struct, frozen=True):
    """A reaction that an event sets off.

    Args:
        reaction: its name.
        cause: what tells the event's content from that of others: a second one sets nothing off.
        input: the record that its steps work on, as JSON.
        steps: their names, in their order.
    """

    reaction: str
    cause: str
    input: bytes
    steps: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What an event came to. `error` is set where it failed, short and without any of the payload.

    An event that failed is `new` again while it has attempts left, and then `dead`.
    """

    event: Event
    state: Literal["new", "applied", "ignored", "dead"]
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    error: str | None = None
    try_at: float = 0.0
    set_off: tuple[SetOff, ...] = ()


class Handler(Protocol):
    """Reads one event. None: not of interest. May raise anything; EventFailed says what is wrong."""

    def __call__(self, event: Event) -> Change | Notice | None:
        """What the event comes to. Runs on a thread, and again where it was interrupted."""


class Lookups(msgspec.Struct, frozen=True):
    """The lookups that a kind of record has from now on.

    Args:
        kind: as in Change.
        attributes: their names.
        read: a stored record's JSON -> its lookups, as in Change; None when it cannot be read.
    """

    kind: str
    attributes: tuple[str, ...]
    read: Callable[[bytes], tuple[Lookup, ...] | None]


class StoredRecord(msgspec.Struct, frozen=True):
    """A record as it is kept.

    Args:
        key: see Change.
        body: JSON.
        as_of: epoch seconds, when the newest event about it was received, or when it was fetched.
        checked_at: epoch seconds, when it was last known to be the newest: told by an event, or asked for.
    """

    key: str
    body: bytes
    as_of: float
    checked_at: float


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
