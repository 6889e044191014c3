"""Values as text that is ordered as they are, so that one column of a database orders all of them.

Text is itself, by code points. An integer, of at most 64 bits, is 16 hex digits of the value moved above
zero. A float is 16 hex digits of its bits, turned so that they rise with the value. A boolean is 0 or 1. A
time is in UTC to the microsecond, as in 2026-11-25T13:00:00.000000, and a date as in 2026-11-25. An
enumeration's member has the rank of its value.
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, date, datetime
from enum import Enum

_ABOVE_ZERO = 2**63
_SIGN = 1 << 63
_ALL = (1 << 64) - 1


def rank(value: object) -> str | None:  # noqa: PLR0911 - one line for each type
    """The text; None for NaN, which has no place in any order. Raises TypeError and OverflowError."""
    match value:
        case Enum():
            return rank(value.value)
        case bool():
            return str(int(value))
        case str():
            return value
        case int():
            if not -_ABOVE_ZERO <= value < _ABOVE_ZERO:
                raise OverflowError("an integer of more than 64 bits has no rank")
            return f"{value + _ABOVE_ZERO:016x}"
        case float():
            return None if math.isnan(value) else _float_rank(value)
        case datetime():
            aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
            return aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no rank")


def _float_rank(value: float) -> str:
    # Without it, minus zero would stand before zero, and be another value.
    (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))
    return f"{bits ^ _ALL if bits & _SIGN else bits | _SIGN:016x}"
