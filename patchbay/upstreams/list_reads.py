"""Whole lists of an upstream, read without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from patchbay.errors import UpstreamError
from patchbay.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from patchbay.cached.kept_read import KeptRead

R = TypeVar("R")


class ListRead(Generic[R]):
    """A read of a whole list: `await countries()`, or with arguments `await countries(continent="EU")`.

    Args:
        name: the operation, as in "GET /countries".
        source: the upstream's name.
        fetch: one call, with the arguments.
        arguments: what `fetch` has to be given.
        narrow: see Selections.
        cache: what it keeps, by the empty tuple as its only key; None where it asks each time.
    """

    def __init__(
        self,
        *,
        name: str,
        source: str,
        fetch: Callable[..., Awaitable[list[R]]],
        arguments: Collection[str],
        narrow: Callable[[frozenset[str]], ListRead[R] | None],
        cache: KeptRead[list[R]] | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.arguments = frozenset(arguments)
        self._fetch = fetch
        self._cache = cache
        # What is kept is whole, so that it serves whatever the next operation selects.
        self._selections = Selections(narrow if cache is None else None)

    def selecting(self, attributes: frozenset[str]) -> ListRead[R]:
        """The same read, whose records need carry these attributes only; see patchbay.batch.ByIds."""
        return self._selections.of(self, attributes)

    async def __call__(self, **arguments: object) -> list[R]:
        """The records, in the upstream's order; none where no call can hold the arguments.

        Raises:
            UpstreamError: the call failed, or any of the rows is not what was declared, or is not there.
                Without it the list would look complete.
            TypeError: an argument is missing, or the operation has no place for it.
        """
        if arguments.keys() != self.arguments:
            wrong = ", ".join(sorted(arguments.keys() ^ self.arguments))
            raise TypeError(f"{self.source}: {self.name}: missing or not taken: {wrong}")
        if self._cache is None:
            return await self._fetch(**arguments)
        (outcome,) = await self._cache.read([()], arguments, self._ask)
        if isinstance(outcome, UpstreamError):
            raise outcome
        # Rows are shared with whoever asks next; what is done to the list is not.
        return list(outcome or ())

    async def forget(self, keys: Sequence[tuple[()]] | None = None) -> None:
        """See Forgetful; all there is is forgotten."""
        del keys
        if self._cache is not None:
            await self._cache.forget(None)

    async def refresh(self, keys: Sequence[tuple[()]] = (), **arguments: object) -> None:
        """See Forgetful; all there is is asked for anew."""
        del keys
        if self._cache is not None:
            await self._cache.refresh([()], arguments, self._ask)

    async def _ask(
        self, keys: Sequence[tuple[()]], arguments: dict[str, object]
    ) -> list[list[R] | UpstreamError]:
        """The read by its only key."""
        try:
            return [await self._fetch(**arguments)] * len(keys)
        except UpstreamError as error:
            return [error] * len(keys)
