"""What a rebuild makes of events: today's handlers, and the records they bring into the shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from patchbay.inbox import shadow
from patchbay.inbox.model import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from patchbay.inbox.database import Connection
    from patchbay.inbox.model import Event
    from patchbay.inbox.sources import Source

Keys: TypeAlias = set[tuple[str, str]]
"""Kind and key of records."""


class ReadEvent(NamedTuple):
    """An event and what it comes to; None where it cannot be read."""

    event: Event
    changes: tuple[Change, ...] | None


class Maker:
    """Makes records.

    Args:
        sources: all that may be.

    Attributes:
        kinds: of the records that were declared or made.
        unreadable: `seq` of the events that handlers failed on.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._handlers = {source.upstream: source.handlers for source in sources}
        self.kinds = {kind for source in sources for kind in source.kinds}
        self.unreadable: set[int] = set()

    def read(self, events: Iterable[Event]) -> list[ReadEvent]:
        """What the events come to. Runs on a thread, as handlers do."""
        read = [ReadEvent(event, self._changes(event)) for event in events]
        self.unreadable.update(each.event.seq for each in read if each.changes is None)
        return read

    def apply(self, connection: Connection, read: Iterable[ReadEvent]) -> Keys:
        """Write it into the shadow; of which records it is."""
        touched: Keys = set()
        for event, changes in read:
            shadow.apply(connection, event, changes or ())
            touched.update((change.kind, change.key) for change in changes or ())
        self.kinds.update(kind for kind, _ in touched)
        return touched

    def _changes(self, event: Event) -> tuple[Change, ...] | None:
        try:
            read = [handle(event) for handle in self._handlers[event.upstream]]
        except Exception:  # noqa: BLE001 - a foreign function; its records stay as they are
            return None
        return tuple(each for each in read if isinstance(each, Change))


def without(seqs: Iterable[int], done: Iterable[int]) -> list[int]:
    """Those that are not done, in their order."""
    gone = set(done)
    return [seq for seq in seqs if seq not in gone]


def chunks(keys: Keys) -> Iterator[tuple[str, list[str]]]:
    """By kind, in the order of keys, each of a bounded number."""
    by_kind: dict[str, list[str]] = {}
    for kind, key in sorted(keys):
        by_kind.setdefault(kind, []).append(key)
    for kind, every in by_kind.items():
        for start in range(0, len(every), shadow.BATCH_ROWS):
            yield kind, every[start : start + shadow.BATCH_ROWS]
