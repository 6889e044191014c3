"""How much a description may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentLimits:
    """Bounds of what is read for one upstream.

    Args:
        max_bytes: of one document.
        max_total_bytes: of all documents together.
        max_documents: how many there may be.
        max_values: in one document, aliases of YAML counted as often as they stand there.
        max_depth: how deep objects and lists may be nested.
        max_odd_bytes: of a YAML document that only the slower of two readers understands.
    """

    max_bytes: int = 50 * 1024 * 1024
    max_total_bytes: int = 100 * 1024 * 1024
    max_documents: int = 500
    max_values: int = 5_000_000
    max_depth: int = 200
    max_odd_bytes: int = 8 * 1024 * 1024
