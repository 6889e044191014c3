"""Which types of event a reader is for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence


class EventTypes:
    """Patterns of event types, as in "payment_intent.*".

    Args:
        upstream: whose events.
        patterns: with `*`, `?` and `[…]`; none of them for events of any type.

    Raises:
        ConfigurationError: the patterns cannot be meant.
    """

    def __init__(self, upstream: str, patterns: Sequence[str]) -> None:
        # One pattern alone would be taken for a pattern of each of its characters.
        if isinstance(patterns, str) or not all(patterns):
            raise ConfigurationError(f"{upstream}: types must be a sequence of patterns")
        self._patterns = tuple(patterns)

    def include(self, type_: str | None) -> bool:
        """Whether an event of this type is read; it is where the vendor names none."""
        if not self._patterns or type_ is None:
            return True
        return any(fnmatchcase(type_, pattern) for pattern in self._patterns)
