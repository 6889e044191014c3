"""The batch contract: how anything is read by key, from any kind of upstream.

`by_ids(ids)` answers one outcome per key, in the keys' order: the record, None where the upstream does not
know the key, or the UpstreamError that concerns that key alone. It raises no UpstreamError itself. Keys may
repeat; the upstream is asked once for each. A key is a string, or a tuple of scalars for a composite key.
"""

from __future__ import annotations

import asyncio
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from patchbay.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

Scalar: TypeAlias = "str | int | float"
Key: TypeAlias = "Scalar | tuple[Scalar, ...]"
WireKey: TypeAlias = "str | tuple[str, ...]"


class ByIds(Protocol[R_co]):
    """A read by key."""

    @property
    def name(self) -> str:
        """The operation, as in "GET /customers"."""

    @property
    def source(self) -> str:
        """The upstream's name."""

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> Sequence[R_co | UpstreamError | None]:
        """One outcome per key, in the keys' order."""


def wire_key(key: Key) -> WireKey:
    """A key as text, so that a key of the graph's matches a record's member whatever its type."""
    return tuple(map(str, key)) if isinstance(key, tuple) else str(key)


class Matched(Generic[R]):
    """What one call of a batch operation brought: records, and errors of rows that did not decode.

    Args:
        records: in any order, possibly with rows that nobody asked for.
        errors: wire key -> the error of that row.
    """

    __slots__ = ("errors", "records")

    def __init__(self, records: Sequence[R], errors: Mapping[WireKey, UpstreamError] | None = None) -> None:
        self.records = records
        self.errors = errors or {}


class Batch(Generic[R]):
    """A read by key over an operation that takes many keys in one call.

    Args:
        name: the operation, as in "GET /customers".
        source: the upstream's name.
        fetch: one call for at most `max_size` different keys. May raise UpstreamError.
        match: the record's attribute that holds the key; several for a composite key.
        max_size: how many keys the upstream takes in one call.
        arguments: what else `fetch` has to be given; None where that is not known.
    """

    def __init__(
        self,
        *,
        name: str,
        source: str,
        fetch: Callable[..., Awaitable[Matched[R]]],
        match: str | tuple[str, ...],
        max_size: int,
        arguments: Collection[str] | None = None,
    ) -> None:
        if max_size < 1:
            message = f"{source}: {name}: max_size must be at least 1"
            raise ValueError(message)
        self.name = name
        self.source = source
        self.max_size = max_size
        self.arguments = None if arguments is None else frozenset(arguments)
        self._fetch = fetch
        self._key_of: Callable[[R], Key] = attrgetter(*([match] if isinstance(match, str) else match))

    async def __call__(self, ids: Sequence[Key], **arguments: Any) -> list[R | UpstreamError | None]:
        """See the module. All chunks are under way together, bounded by the upstream's concurrency."""
        asked = [wire_key(key) for key in ids]
        keys = list(dict.fromkeys(asked))
        chunks = [keys[start : start + self.max_size] for start in range(0, len(keys), self.max_size)]
        found: dict[WireKey, R | UpstreamError] = {}
        for part in await _together(self._chunk(chunk, arguments) for chunk in chunks):
            found.update(part)
        return [found.get(key) for key in asked]

    async def _chunk(
        self, keys: list[WireKey], arguments: dict[str, Any]
    ) -> Mapping[WireKey, R | UpstreamError]:
        try:
            matched = await self._fetch(keys, **arguments)
        except UpstreamError as error:
            return dict.fromkeys(keys, error)
        found: dict[WireKey, R | UpstreamError] = {}
        for record in matched.records:
            # An upstream that sends a key twice is taken at its first word, as it would be asked one by one.
            found.setdefault(wire_key(self._key_of(record)), record)
        return {**matched.errors, **found}


class FanOut(Generic[R]):
    """A read by key over an operation that takes one key: one call per different key, a few at a time.

    Args:
        name: the operation, as in "GET /v1/current".
        source: the upstream's name.
        fetch: one call for one key; None where the upstream does not know it. May raise UpstreamError.
        concurrency: how many calls of one read are under way together.
        places: what `fetch` has to be given: first the parts of the key, in its order, then the names of
            further arguments; None where that is not known.
    """

    def __init__(
        self,
        *,
        name: str,
        source: str,
        fetch: Callable[..., Awaitable[R | None]],
        concurrency: int,
        places: Sequence[str] | None = None,
    ) -> None:
        if concurrency < 1:
            message = f"{source}: {name}: concurrency must be at least 1"
            raise ValueError(message)
        self.name = name
        self.source = source
        self.concurrency = concurrency
        self.places = None if places is None else tuple(places)
        self._fetch = fetch

    async def __call__(self, ids: Sequence[Key], **arguments: Any) -> list[R | UpstreamError | None]:
        """See the module."""
        asked = [wire_key(key) for key in ids]
        keys = list(dict.fromkeys(asked))
        found: dict[WireKey, R | UpstreamError | None] = {}
        waiting = iter(keys)
        workers = range(min(self.concurrency, len(keys)))
        await _together(self._worker(waiting, found, arguments) for _ in workers)
        return [found[key] for key in asked]

    async def _worker(
        self,
        waiting: Iterable[WireKey],
        found: dict[WireKey, R | UpstreamError | None],
        arguments: dict[str, Any],
    ) -> None:
        for key in waiting:
            try:
                found[key] = await self._fetch(key, **arguments)
            except UpstreamError as error:
                found[key] = error


def arguments_of(read: ByIds[Any], key_parts: int) -> frozenset[str] | None:
    """What a read has to be given beside its keys; None where it does not say.

    Args:
        read: any.
        key_parts: how many parts its keys have.
    """
    if isinstance(read, Batch):
        return read.arguments
    if isinstance(read, FanOut) and read.places is not None:
        return frozenset(read.places[key_parts:])
    return None


async def _together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results, in order. Where one raises, the others are cancelled and have ended by then."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
    else:
        return [task.result() for task in tasks]
    # Out here, so that it does not come with the group as its context.
    raise first
