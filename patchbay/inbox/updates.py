"""What a subscription gives out, and the cursors that say how far it has come."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from patchbay.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.changes import LoggedChange

R = TypeVar("R")

_CURSOR = re.compile(r"change:(0|[1-9][0-9]{0,18})")


class Update(NamedTuple, Generic[R]):
    """A record's new version, and the cursor to go on from behind it."""

    cursor: str
    node: R


class Offer:
    """One change on its way to many subscriptions: decoded once for all that decode it alike.

    Args:
        change: the line of the log.

    Attributes:
        position: the line's.
        size_bytes: of the record's JSON.
    """

    __slots__ = ("_change", "_updates", "position", "size_bytes")

    def __init__(self, change: LoggedChange) -> None:
        self.position = change.position
        self.size_bytes = len(change.body or b"")
        self._change = change
        self._updates: dict[Callable[[LoggedChange], Any], Update[Any] | None] = {}

    def update(self, decode: Callable[[LoggedChange], R | None]) -> Update[R] | None:
        """What subscribers get; None where there is no record to be had. Raises what `decode` raises."""
        if decode not in self._updates:
            record = decode(self._change)
            self._updates[decode] = (
                None if record is None else Update(encode_change_cursor(self.position), record)
            )
        return self._updates[decode]


def encode_change_cursor(position: int) -> str:
    """The cursor to go on from behind this position."""
    return base64.urlsafe_b64encode(f"change:{position}".encode()).decode()


def decode_change_cursor(cursor: str) -> int:
    """The position in a cursor. Raises InputError naming `after` when it is none of ours."""
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None or int(match[1]) >= 2**63:
        raise InputError("after", "is not a cursor of a subscription")
    return int(match[1])
