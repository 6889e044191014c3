"""All rows by number."""

from __future__ import annotations

from itertools import chain
from typing import Final

from tests.promises import (
    acknowledging,
    bombing,
    costing,
    failing,
    faulting,
    forging,
    isolation,
    keeping,
    leaking,
    luring,
    malforming,
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
    socketing,
    spoiling,
    straying,
    syncing,
    trespassing,
)
from tests.promises.row import Row

_FILES: Final = (
    isolation, failing, keeping, overload, sharing, spoiling, straying, quotas, outliving, syncing, faulting,
    forging, acknowledging, proving, remembering, ordering, poisoning, resuming, replicating, luring,
    socketing, bombing, malforming, costing, trespassing, leaking,
)  # fmt: skip

_ALL: Final = chain.from_iterable(file.ROWS for file in _FILES)

ROWS: Final[dict[int, Row]] = {row.number: row for row in sorted(_ALL, key=lambda row: row.number)}
