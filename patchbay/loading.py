"""Loading by key inside one operation: asks of one level are gathered, and each key is read once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from aiodataloader import DataLoader

from patchbay.scope import current_scope

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Hashable

    from patchbay.batch import ByIds

R = TypeVar("R")


def load(by_ids: ByIds[R], key: Hashable, **arguments: Any) -> Future[R | None]:
    """The record for one key, gathered with every other `load` of the same read in this turn of the loop.

    Args:
        by_ids: the read. Chunking to the upstream's maximum is its own business, not the loader's, so that
            all keys of a level come back together and the next level is gathered as a whole again.
        key: not None.
        arguments: what else the read takes, the same for all keys of one call, as `offset` and `limit`.

    Returns:
        A future of the record, or of None where the upstream does not know the key.

    Raises:
        UpstreamError: through the future.
    """
    loaders = current_scope().loaders
    # The read itself is part of the key, not its id(): it must stay alive as long as its loader.
    identity = (by_ids, *sorted(arguments.items()))
    loader = loaders.get(identity)
    if loader is None:
        read: Any = partial(by_ids.__call__, **arguments)
        loader = loaders[identity] = DataLoader(read)
    return loader.load(key)
