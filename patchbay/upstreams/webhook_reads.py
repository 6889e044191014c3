"""Reads by key over the inbox's records; see patchbay.batch for what such a read promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.errors import UpstreamError, UpstreamUnavailable
from patchbay.inbox import Inbox, InboxUnavailable, StoredRecord
from patchbay.keys import wire_key
from patchbay.scope import current_scope
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

R = TypeVar("R")


class _Read(Generic[R]):
    """What both reads are made of.

    Args:
        name: the operation, as in "payments.by_order_id".
        source: the upstream's name.
        kind: what the inbox calls the records.
        lookup: the secondary key that is asked for; None for the key itself.
        decoder: from a record's JSON.
        inbox: where it is; may raise InboxUnavailable.
    """

    def __init__(
        self,
        name: str,
        source: str,
        *,
        kind: str,
        lookup: str | None,
        decoder: msgspec.json.Decoder[R],
        inbox: Callable[[], Inbox],
    ) -> None:
        self.name = name
        self.source = source
        self._kind = kind
        self._lookup = lookup
        self._decoder = decoder
        self._inbox = inbox

    def selecting(self, attributes: frozenset[str]) -> Self:
        """Itself: what is stored was decoded as a whole before."""
        del attributes
        return self

    def _begin(self, ids: Sequence[Any], arguments: dict[str, Any]) -> tuple[list[str], list[str]]:
        """The ids as text, and those that can be keys, once each. Counts one call when there are any."""
        if arguments:
            raise TypeError(f"{self.name} takes no arguments beside the keys, not {', '.join(arguments)}")
        asked = [str(wire_key(key)) for key in ids]
        keys = [key for key in dict.fromkeys(asked) if _can_be_key(key)]
        if keys:
            current_scope().count(self.source, self.name)
        return asked, keys

    def _decode(self, stored: StoredRecord) -> R | UpstreamError:
        try:
            return self._decoder.decode(stored.body)
        except DECODE_ERRORS as error:
            # The record type changed since it was written; its next version brings it right.
            bad = bad_data(self.source, error)
            bad.__cause__ = error
            return bad

    def _unavailable(self, error: InboxUnavailable) -> UpstreamUnavailable:
        unavailable = UpstreamUnavailable(self.source, str(error))
        unavailable.__cause__ = error
        return unavailable


class NewestRead(_Read[R]):
    """One record for a key: of several, the one with the highest version."""

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[R | UpstreamError | None]:
        """Same length and order as `ids`; None where there is no record. One statement for all."""
        asked, keys = self._begin(ids, arguments)
        if not keys:
            return [None] * len(asked)
        try:
            if self._lookup is None:
                stored = await self._inbox().by_keys(self._kind, keys)
            else:
                stored = await self._inbox().newest_by_lookup(self._kind, self._lookup, keys)
        except InboxUnavailable as error:
            return [self._unavailable(error)] * len(asked)
        found = {key: self._decode(each) for key, each in stored.items()}
        return [found.get(key) for key in asked]


class ManyRead(_Read[R]):
    """All records for a key, ordered by their own key."""

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[list[R] | UpstreamError | None]:
        """Same length and order as `ids`; an empty list where there is no record. One statement for all.

        A record that does not decode is the error of its list: without it the list would look complete.
        """
        asked, keys = self._begin(ids, arguments)
        if not keys:
            return [[] for _ in asked]
        try:
            if self._lookup is None:
                single = await self._inbox().by_keys(self._kind, keys)
                stored = {key: [each] for key, each in single.items()}
            else:
                stored = await self._inbox().all_by_lookup(self._kind, self._lookup, keys)
        except InboxUnavailable as error:
            return [self._unavailable(error)] * len(asked)
        found = {key: self._decode_all(rows) for key, rows in stored.items()}
        return [found.get(key, []) for key in asked]

    def _decode_all(self, rows: list[StoredRecord]) -> list[R] | UpstreamError:
        records: list[R] = []
        for row in rows:
            record = self._decode(row)
            if isinstance(record, UpstreamError):
                return record
            records.append(record)
        return records


def _can_be_key(text: str) -> bool:
    """Whether SQLite compares it as it is: it cuts text at NUL, and lone surrogates are no UTF-8."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
