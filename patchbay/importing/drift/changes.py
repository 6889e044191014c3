"""One change, and how much it breaks."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Breaks(StrEnum):
    """Whom a change breaks."""

    CLIENTS = "clients"
    """Queries that were valid are valid no longer, or bring less."""
    CALLS = "calls"
    """Calls go elsewhere or look different: whoever keeps the old description, or ejected it, is wrong."""
    NOBODY = "nobody"
    """It is new, or a promise more."""


class Change(msgspec.Struct, frozen=True):
    """One change.

    Args:
        breaks: see Breaks.
        at: where, as "Query.orders(status:)" or "Order.total".
        what: the rest of the sentence, as in "is gone".
    """

    breaks: Breaks
    at: str
    what: str
