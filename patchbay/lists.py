"""Whole lists: reads that take no key, and how they are read by key all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from patchbay.errors import UpstreamError
from patchbay.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Sequence

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class WholeList(Protocol[R_co]):
    """A read of a list that takes no key."""

    @property
    def name(self) -> str:
        """The operation, as in "GET /countries"."""

    @property
    def source(self) -> str:
        """The upstream's name."""

    @property
    def arguments(self) -> frozenset[str]:
        """What it has to be given."""

    async def __call__(self) -> Sequence[R_co]:
        """The rows. Raises UpstreamError."""

    def selecting(self, attributes: frozenset[str]) -> WholeList[R_co]:
        """See ByIds."""


class Listing(Generic[R]):
    """A whole list as a read by key: its only key is the empty tuple.

    Args:
        rows: the read.
    """

    arguments: frozenset[str] = frozenset()

    def __init__(self, rows: WholeList[R]) -> None:
        self.name = rows.name
        self.source = rows.source
        self._rows = rows

        def narrow(attributes: frozenset[str]) -> Listing[R] | None:
            small = rows.selecting(attributes)
            return None if small is rows else Listing(small)

        self._selections = Selections(narrow)

    def selecting(self, attributes: frozenset[str]) -> Listing[R]:
        """See ByIds."""
        return self._selections.of(self, attributes)

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Sequence[R] | UpstreamError]:
        """The list for each of the keys, or why it cannot be had; read once."""
        del arguments
        try:
            outcome: Sequence[R] | UpstreamError = await self._rows()
        except UpstreamError as error:
            outcome = error
        return [outcome] * len(ids)
