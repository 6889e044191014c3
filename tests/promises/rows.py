"""All rows by number."""

from __future__ import annotations

from itertools import chain
from typing import Final

from tests.promises import (
    failing,
    isolation,
    keeping,
    overload,
    quotas,
    resuming,
    sharing,
    spoiling,
    straying,
)
from tests.promises.row import Row

_FILES: Final = (isolation, failing, keeping, overload, sharing, spoiling, straying, quotas, resuming)

ROWS: Final[dict[int, Row]] = {row.number: row for row in chain.from_iterable(file.ROWS for file in _FILES)}
