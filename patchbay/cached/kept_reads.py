"""Records that are kept for some time, as a read declares.

customers_by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100, cache=Ttl(60))

Kept is each key by itself: of a hundred keys of which ninety are fresh, ten are asked for. Whole records are
kept, so that they serve whatever an operation selects. Each belongs to one read, its further arguments, and
who asks.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.cached.kept_read import KeptRead
from patchbay.cached.ttl import Ttl
from patchbay.calls.cache.shelf import digest_of
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patchbay.calls import Resources


class KeptReads:
    """The reads of one upstream that keep what they read: declared at import, opened with it.

    Args:
        source: the upstream's name.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._reads: list[KeptRead[Any]] = []
        self._shelves: Counter[str] = Counter()

    def declare(self, ttl: Ttl | None, operation: str, record: Any, *details: object) -> KeptRead[Any] | None:
        """What a read keeps; None where it declares nothing.

        Args:
            ttl: as declared.
            operation: the read's name.
            record: the type of what it reads for one key.
            details: what else tells this read from others, by its repr; the same in each replica.

        Raises:
            ConfigurationError: the declaration cannot be meant.
        """
        if ttl is None:
            return None
        # Adapters are not always type-checked.
        if not isinstance(ttl, Ttl):
            wrong = f"cache is of the kind {type(ttl).__name__}, and not Ttl"  # type: ignore[unreachable]
            raise ConfigurationError(f"{self._source}: {operation}: {wrong}")
        if problems := ttl.problems():
            raise ConfigurationError(f"{self._source}: {operation}: {'; '.join(problems)}")
        name = digest_of("read", self._source, operation, repr(details), _schema(record))
        self._shelves[name] += 1
        # Two reads that are declared the same are still two.
        shelf = digest_of(name, str(self._shelves[name]))
        kept: KeptRead[Any] = KeptRead(ttl, self._source, operation, shelf=shelf, record=record)
        self._reads.append(kept)
        return kept

    def open(self, resources: Resources, changed: Callable[[], Awaitable[None]] | None = None) -> None:
        """Keep from now on; see KeptRead.open."""
        for kept in self._reads:
            kept.open(resources, changed)

    async def close(self) -> None:
        """Keep nothing any more. Harmless when not open."""
        for kept in self._reads:
            await kept.close()

    def added_to(self, status: dict[str, Any]) -> dict[str, Any]:
        """An open upstream's status, with what its reads keep: operation -> see KeptRead.status."""
        if not status or not self._reads:
            return status
        return {**status, "reads": {kept.operation: kept.status() for kept in self._reads}}


def _schema(record: Any) -> str:
    """The record's members and their types as text, the same in each replica and each process."""
    try:
        schema = msgspec.json.schema(record, schema_hook=lambda kind: {"title": kind.__qualname__})
        return msgspec.json.encode(schema, order="sorted").decode()
    except (TypeError, ValueError):
        return repr(record)
