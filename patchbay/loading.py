"""Loading by key inside one operation: asks of one level are gathered, and each key is read once."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from aiodataloader import DataLoader

from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from patchbay.batch import ByIds

R = TypeVar("R")


class Reads(Generic[R]):
    """What one read has brought in an operation, and what is under way.

    Args:
        by_ids: the read, with its further arguments bound.
        whole: what the same read has brought with whole records, which serve as well; None if nothing.
    """

    __slots__ = ("_batches", "_by_ids", "_loader", "_outcomes", "_pending", "_under_way", "_whole")

    def __init__(self, by_ids: Any, whole: Reads[R] | None = None) -> None:
        self._by_ids = by_ids
        self._whole = whole
        self._outcomes: dict[Any, Any] = {}
        self._under_way: dict[Any, asyncio.Future[None]] = {}
        self._loader: DataLoader[Any, Any] | None = None
        self._pending: set[asyncio.Future[Any]] = set()
        self._batches: set[asyncio.Task[Any]] = set()

    def known(self, keys: Sequence[Any]) -> list[Any] | None:
        """One outcome per key, in the keys' order, when nothing has to be asked for."""
        self._take_over(keys)
        outcomes = self._outcomes
        if not outcomes:
            return None
        try:
            return [outcomes[key] for key in keys]
        except KeyError:
            return None

    async def load_many(self, keys: Sequence[Any]) -> list[Any]:
        """One outcome per key, in the keys' order; all that nobody asked for before are asked for together.

        Args:
            keys: different, and none of them None.

        Raises:
            Exception: what the read itself raises, for all who wait for one of its keys.
        """
        self._take_over(keys)
        outcomes, under_way = self._outcomes, self._under_way
        while True:
            missing = [key for key in keys if key not in outcomes and key not in under_way]
            others = {under_way[key] for key in keys if key in under_way} if under_way else ()
            if missing:
                await self._ask(missing)
            for other in others:
                # Not awaited itself: who asked may have been cancelled, and then it is asked again.
                await asyncio.wait((other,))
                if not other.cancelled():
                    other.result()
            if not others or all(key in outcomes for key in keys):
                return [outcomes[key] for key in keys]

    def _take_over(self, keys: Sequence[Any]) -> None:
        """What is known of these keys as whole records."""
        if self._whole is not None:
            whole = self._whole._outcomes  # noqa: SLF001 - another of this class
            self._outcomes.update(
                (key, whole[key]) for key in keys if key in whole and key not in self._outcomes
            )

    def load(self, key: Any) -> asyncio.Future[Any]:
        """A future of one record, gathered with every other `load` in this turn of the loop."""
        if self._loader is None:
            self._loader = DataLoader(self._load_batch)
        future = self._loader.load(key)
        if not future.done() and future not in self._pending:
            self._pending.add(future)
            future.add_done_callback(self._ended)
        return future

    async def _load_batch(self, keys: list[Any]) -> list[Any]:
        """What `load` has gathered, in the loader's own task."""
        if not self._pending:
            return [None] * len(keys)
        task: asyncio.Task[Any] | None = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._batches.add(task)
        try:
            return await self.load_many(keys)
        finally:
            self._batches.discard(task)

    def _ended(self, future: asyncio.Future[Any]) -> None:
        """A cancelled operation cancels its futures, and nothing else knows of the loader's task."""
        self._pending.discard(future)
        if future.cancelled() and not self._pending:
            for task in self._batches:
                task.cancel()

    async def _ask(self, keys: list[Any]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.update(dict.fromkeys(keys, done))
        try:
            self._outcomes.update(zip(keys, await self._by_ids(keys), strict=True))
        except BaseException as error:
            if isinstance(error, Exception):
                done.set_exception(error)
                # It is told to whoever waits; nobody may.
                done.exception()
            else:
                done.cancel()
            raise
        else:
            done.set_result(None)
        finally:
            for key in keys:
                del self._under_way[key]


def reads_of(by_ids: ByIds[R], *, whole: ByIds[R] | None = None, **arguments: Any) -> Reads[R]:
    """What this read has brought in the running operation.

    Args:
        by_ids: the read. Chunking to the upstream's maximum is its own business, so that all keys of a level
            come back together and the next level is gathered as a whole again.
        whole: where `by_ids` is a narrower read: the whole one.
        arguments: what else it takes, the same for all keys of one call, as `offset` and `limit`.
    """
    known = current_scope().reads
    # The read itself is part of the key, not its id(): it must stay alive as long as what it brought.
    identity: Any = (by_ids, *sorted(arguments.items())) if arguments else by_ids
    found = known.get(identity)
    if found is None:
        bound = partial(by_ids.__call__, **arguments) if arguments else by_ids
        found = known[identity] = Reads(
            bound, None if whole is None or whole is by_ids else known.get(cast("Hashable", whole))
        )
    return found


def load(by_ids: ByIds[R], key: Hashable, **arguments: Any) -> asyncio.Future[R | None]:
    """The record for one key, gathered with every other `load` of the same read in this turn of the loop.

    Args:
        by_ids: the read.
        key: not None.
        arguments: see reads_of.

    Returns:
        A future of the record, or of None where the upstream does not know the key.

    Raises:
        UpstreamError: through the future.
    """
    return reads_of(by_ids, **arguments).load(key)
