"""Reads by key over the inbox's records; see patchbay.batch for what such a read promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.errors import UpstreamError, UpstreamUnavailable
from patchbay.inbox import Inbox, InboxUnavailable, StoredRecord
from patchbay.keys import wire_key
from patchbay.scope import current_scope
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Self

    from patchbay.batch import ByIds
    from patchbay.upstreams.webhook_fetching import Fetching
    from patchbay.upstreams.webhook_shape import RecordShape

R = TypeVar("R", bound=msgspec.Struct)


class Table(Generic[R]):
    """Records of one type, as reads share them.

    Args:
        shape: of the records.
        inbox: where they are; may raise InboxUnavailable.
        fetching: asks the vendor for what is missing or too old; None where it cannot be asked.
    """

    def __init__(
        self, shape: RecordShape[R], inbox: Callable[[], Inbox], fetching: Fetching[R] | None
    ) -> None:
        self.shape = shape
        self.inbox = inbox
        self.fetching = fetching

    def begin(self, read: str, ids: Sequence[Any]) -> tuple[list[str], list[str]]:
        """The ids as text, and those that can be keys, once each. Counts one call when there are any.

        Args:
            read: the operation.
            ids: as the read is given them.
        """
        asked = [str(wire_key(key)) for key in ids]
        keys = [key for key in dict.fromkeys(asked) if is_text(key)]
        if keys:
            current_scope().count(self.shape.source, read)
        return asked, keys

    def record(self, stored: StoredRecord) -> R | UpstreamError:
        """A stored record, or why it cannot be read."""
        try:
            return self.shape.read(stored.body, stored.as_of)
        except DECODE_ERRORS as error:
            # The record type changed since it was written; its next version brings it right.
            bad = bad_data(self.shape.source, error)
            bad.__cause__ = error
            return bad

    def records(self, stored: Iterable[StoredRecord]) -> list[R] | UpstreamError:
        """All of a list; where one cannot be read its error, as the list would otherwise look complete."""
        records: list[R] = []
        for each in stored:
            record = self.record(each)
            if isinstance(record, UpstreamError):
                return record
            records.append(record)
        return records

    def unavailable(self, error: InboxUnavailable) -> UpstreamUnavailable:
        """The error of each key where the inbox answers none."""
        unavailable = UpstreamUnavailable(self.shape.source, str(error))
        unavailable.__cause__ = error
        return unavailable


class _Read(ABC, Generic[R]):
    """What both reads are made of.

    Args:
        name: the operation, as in "payments.by_order_id".
        table: the records.
        attribute: the key, or the lookup that is asked for.
    """

    takes_all = False
    """Whether a list is asked for, which may be kept in part."""

    def __init__(self, name: str, table: Table[R], attribute: str) -> None:
        self.name = name
        self.source = table.shape.source
        self._table = table
        self._attribute = attribute

    @property
    def fetches(self) -> tuple[ByIds[Any], ...]:
        """The reads of another upstream that it may ask for the same keys, and for those of what it finds."""
        fetching = self._table.fetching
        return () if fetching is None else fetching.reads_for(self._attribute)

    def selecting(self, attributes: frozenset[str]) -> Self:
        """Itself: what is stored was decoded as a whole before."""
        del attributes
        return self

    async def _find(
        self, ids: Sequence[Any], arguments: dict[str, Any]
    ) -> tuple[list[str], Mapping[str, list[StoredRecord]], Mapping[str, UpstreamError]]:
        """The ids as text, what is stored for each, and why nothing is where something might be.

        Raises:
            InboxUnavailable: nothing can be read.
        """
        if arguments:
            raise TypeError(f"{self.name} takes no arguments beside the keys, not {', '.join(arguments)}")
        asked, keys = self._table.begin(self.name, ids)
        if not keys:
            return asked, {}, {}
        stored = await self._look(keys)
        fetching = self._table.fetching
        if fetching is None:
            return asked, stored, {}
        outcome = await fetching.completed(
            self._table.inbox(), self._attribute, keys, stored, self._look, takes_all=self.takes_all
        )
        return asked, outcome.stored, outcome.failed

    @abstractmethod
    async def _look(self, keys: Sequence[str]) -> dict[str, list[StoredRecord]]:
        """Key -> what is stored for it. One statement for all."""


class NewestRead(_Read[R]):
    """One record for a key: of several, the one with the highest version."""

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[R | UpstreamError | None]:
        """Same length and order as `ids`; None where there is no record. One statement for all."""
        try:
            asked, stored, failed = await self._find(ids, arguments)
        except InboxUnavailable as error:
            return [self._table.unavailable(error)] * len(ids)
        found: dict[str, R | UpstreamError] = dict(failed)
        found.update((key, self._table.record(rows[0])) for key, rows in stored.items() if rows)
        return [found.get(key) for key in asked]

    async def _look(self, keys: Sequence[str]) -> dict[str, list[StoredRecord]]:
        shape, inbox = self._table.shape, self._table.inbox()
        if self._attribute == shape.key:
            found = await inbox.by_keys(shape.kind, keys)
        else:
            found = await inbox.newest_by_lookup(shape.kind, self._attribute, keys)
        return {key: [each] for key, each in found.items()}


class ManyRead(_Read[R]):
    """All records for a key, ordered by their own key."""

    takes_all = True

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[list[R] | UpstreamError | None]:
        """Same length and order as `ids`; an empty list where there is no record. One statement for all.

        A record that does not decode is the error of its list: without it the list would look complete.
        """
        try:
            asked, stored, failed = await self._find(ids, arguments)
        except InboxUnavailable as error:
            return [self._table.unavailable(error)] * len(ids)
        found: dict[str, list[R] | UpstreamError] = dict(failed)
        found.update((key, self._table.records(rows)) for key, rows in stored.items())
        return [found.get(key, []) for key in asked]

    async def _look(self, keys: Sequence[str]) -> dict[str, list[StoredRecord]]:
        shape, inbox = self._table.shape, self._table.inbox()
        if self._attribute == shape.key:
            found = await inbox.by_keys(shape.kind, keys)
            return {key: [each] for key, each in found.items()}
        return await inbox.all_by_lookup(shape.kind, self._attribute, keys)


def is_text(text: str) -> bool:
    """Whether databases take it as it is: none keeps NUL, and lone surrogates are no UTF-8."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
