"""Reads that bring all rows of a key, as a list, instead of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.errors import UpstreamError
from patchbay.keys import wire_key
from patchbay.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.batch import Batch
    from patchbay.keys import WireKey


class Group(msgspec.Struct, frozen=True):
    """The rows of one key."""

    key: WireKey
    rows: list[Any]


def grouped(rows: Sequence[Any], match: str) -> list[Group]:
    """Rows by the attribute that holds their key, in their order."""
    groups: dict[WireKey, Group] = {}
    for row in rows:
        key = wire_key(getattr(row, match))
        groups.setdefault(key, Group(key, [])).rows.append(row)
    return list(groups.values())


class Grouped:
    """A read by key that answers lists: [] for a key without rows.

    Args:
        batch: brings Groups, by their `key`.
    """

    def __init__(self, batch: Batch[Group]) -> None:
        self.name = batch.name
        self.source = batch.source
        self.max_size = batch.max_size
        self.arguments = batch.arguments
        self._batch = batch

        def narrow(attributes: frozenset[str]) -> Grouped | None:
            small = batch.selecting(attributes)
            return None if small is batch else Grouped(small)

        self._selections = Selections(narrow)

    def selecting(self, attributes: frozenset[str]) -> Grouped:
        """See ByIds; the attributes are those of a row."""
        return self._selections.of(self, attributes)

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[list[Any] | UpstreamError]:
        """See patchbay.batch."""
        outcomes = await self._batch(ids, **arguments)
        return [
            [] if each is None else each if isinstance(each, UpstreamError) else each.rows
            for each in outcomes
        ]
