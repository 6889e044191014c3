"""All rows by number."""

from __future__ import annotations

from itertools import chain
from typing import Final

from tests.promises import (
    acknowledging,
    failing,
    faulting,
    isolation,
    keeping,
    ordering,
    outliving,
    overload,
    poisoning,
    proving,
    quotas,
    remembering,
    replicating,
    resuming,
    sharing,
    spoiling,
    straying,
    syncing,
)
from tests.promises.row import Row

_FILES: Final = (
    isolation, failing, keeping, overload, sharing, spoiling, straying, quotas, outliving, syncing, faulting,
    acknowledging, proving, remembering, ordering, poisoning, resuming, replicating,
)  # fmt: skip

ROWS: Final[dict[int, Row]] = {row.number: row for row in chain.from_iterable(file.ROWS for file in _FILES)}
