"""The batch contract: how anything is read by key, from any kind of upstream.

`by_ids(ids)` answers one outcome per key, in the keys' order: the record, None where the upstream does not
know the key, or the UpstreamError that concerns that key alone. It raises no UpstreamError itself. Keys may
repeat; the upstream is asked once for each. A key is a string, or a tuple of scalars for a composite key.
"""

from __future__ import annotations

import asyncio
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import structlog

from patchbay.errors import UpstreamError
from patchbay.keys import Key, WireKey, only_kind, wire_keys
from patchbay.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence

    from patchbay.cached.kept_read import KeptRead

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_log = structlog.get_logger("patchbay.upstreams")


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

    def selecting(self, attributes: frozenset[str]) -> ByIds[R_co]:
        """The same read, whose records need carry these attributes only.

        The same object for the same attributes, most of the time. A read that cannot be narrowed answers
        itself. Where it can, records are of a narrower type of the same name, structs inside of them are
        whole, and a wrong value of an attribute that is not selected is no error, as nobody reads it.
        """


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
        narrow: see Selections.
        cache: what it keeps; None where it asks each time.
    """

    def __init__(  # noqa: PLR0913 - named, and half of them have defaults
        self,
        *,
        name: str,
        source: str,
        fetch: Callable[..., Awaitable[Matched[R]]],
        match: str | tuple[str, ...],
        max_size: int,
        arguments: Collection[str] | None = None,
        narrow: Callable[[frozenset[str]], Batch[R] | None] | None = None,
        cache: KeptRead[R] | None = None,
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
        self._cache = cache
        # What is kept is whole, so that it serves whatever the next operation selects.
        self._selections = Selections(narrow if cache is None else None)

    def selecting(self, attributes: frozenset[str]) -> Batch[R]:
        """See ByIds. What `match` names is there as well."""
        return self._selections.of(self, attributes)

    async def __call__(self, ids: Sequence[Key], **arguments: Any) -> list[R | UpstreamError | None]:
        """See the module."""
        if self._cache is None:
            return await self._ask(ids, arguments)
        return await self._cache.read(ids, arguments, self._ask)

    async def forget(self, keys: Sequence[Key] | None = None) -> None:
        """See Forgetful."""
        if self._cache is not None:
            await self._cache.forget(keys)

    async def refresh(self, keys: Sequence[Key], **arguments: Any) -> None:
        """See Forgetful."""
        if self._cache is not None:
            await self._cache.refresh(keys, arguments, self._ask)

    async def _ask(self, ids: Sequence[Key], arguments: dict[str, Any]) -> list[R | UpstreamError | None]:
        """Ask the upstream. All chunks are under way together, bounded by the upstream's concurrency."""
        kind = only_kind(ids)
        asked: Sequence[Key] = ids if kind else wire_keys(ids)
        keys = list(dict.fromkeys(asked))
        size = self.max_size
        if len(keys) <= size:
            outcomes = await self._chunk(keys, kind, arguments) if keys else []
        else:
            chunks = [keys[start : start + size] for start in range(0, len(keys), size)]
            outcomes = []
            for part in await _together(self._chunk(chunk, kind, arguments) for chunk in chunks):
                outcomes += part
        if len(keys) == len(asked):
            return outcomes
        return list(map(dict(zip(keys, outcomes, strict=True)).get, asked))

    async def _chunk(
        self, keys: list[Key], kind: type | None, arguments: dict[str, Any]
    ) -> list[R | UpstreamError | None]:
        """One outcome for each of these different keys, which are wire keys unless they are of one kind."""
        asked = list(map(str, keys)) if kind is int else cast("list[WireKey]", keys)
        try:
            matched = await self._fetch(asked, **arguments)
        except UpstreamError as error:
            return [error] * len(keys)
        records = matched.records
        found: Sequence[Key] = list(map(self._key_of, records))
        wanted: Sequence[Key] = keys
        if kind is None or matched.errors or only_kind(found) is not kind:
            wanted, found = asked, wire_keys(found)
        if found == wanted:
            return list(records)
        by_key: dict[Key, R | UpstreamError | None] = dict(matched.errors.items())
        # An upstream that sends a key twice is taken at its first word, as it would be asked one by one.
        by_key.update(zip(reversed(found), reversed(records), strict=True))
        if by_key and by_key.keys().isdisjoint(wanted):
            self._warn_of_strangers(len(by_key))
        return list(map(by_key.get, wanted))

    def _warn_of_strangers(self, rows: int) -> None:
        """Log where rows came but none that was asked for: `match` may be another member than the key's."""
        _log.warning("rows_match_no_key", upstream=self.source, operation=self.name, rows=rows)


class FanOut(Generic[R]):
    """A read by key over an operation that takes one key: one call per different key, a few at a time.

    Args:
        name: the operation, as in "GET /v1/current".
        source: the upstream's name.
        fetch: one call for one key; None where the upstream does not know it. May raise UpstreamError.
        concurrency: how many calls of one read are under way together.
        places: what `fetch` has to be given: first the parts of the key, in its order, then the names of
            further arguments; None where that is not known.
        narrow: see Selections.
        cache: what it keeps; None where it asks each time.
    """

    def __init__(
        self,
        *,
        name: str,
        source: str,
        fetch: Callable[..., Awaitable[R | None]],
        concurrency: int,
        places: Sequence[str] | None = None,
        narrow: Callable[[frozenset[str]], FanOut[R] | None] | None = None,
        cache: KeptRead[R] | None = None,
    ) -> None:
        if concurrency < 1:
            message = f"{source}: {name}: concurrency must be at least 1"
            raise ValueError(message)
        self.name = name
        self.source = source
        self.concurrency = concurrency
        self.places = None if places is None else tuple(places)
        self._fetch = fetch
        self._cache = cache
        self._selections = Selections(narrow if cache is None else None)

    def selecting(self, attributes: frozenset[str]) -> FanOut[R]:
        """See ByIds. Of a read of pages, the attributes are those of a row."""
        return self._selections.of(self, attributes)

    async def __call__(self, ids: Sequence[Key], **arguments: Any) -> list[R | UpstreamError | None]:
        """See the module."""
        if self._cache is None:
            return await self._ask(ids, arguments)
        return await self._cache.read(ids, arguments, self._ask)

    async def forget(self, keys: Sequence[Key] | None = None) -> None:
        """See Forgetful."""
        if self._cache is not None:
            await self._cache.forget(keys)

    async def refresh(self, keys: Sequence[Key], **arguments: Any) -> None:
        """See Forgetful."""
        if self._cache is not None:
            await self._cache.refresh(keys, arguments, self._ask)

    async def _ask(self, ids: Sequence[Key], arguments: dict[str, Any]) -> list[R | UpstreamError | None]:
        asked = wire_keys(ids)
        keys = list(dict.fromkeys(asked))
        found: dict[WireKey, R | UpstreamError | None] = {}
        if len(keys) == 1:
            await self._worker(keys, found, arguments)
            return [found[keys[0]]] * len(asked)
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
