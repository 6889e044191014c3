"""What is done while nobody waits for it: answers that are asked for anew."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import TYPE_CHECKING

import structlog

from patchbay.scope import Scope, enter_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from patchbay.caller import Caller

_log = structlog.get_logger("patchbay.cache")


class Background:
    """Tasks of one owner, each in a scope of its own, behind calls that somebody waits for.

    Args:
        source: the upstream's name.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Callable[[], Coroutine[None, None, None]], caller: Caller) -> None:
        """Begin it in this caller's name. What it raises is logged."""
        # Of a context of its own: nothing of the operation that found out about it goes on living.
        task = asyncio.get_running_loop().create_task(self._run(work, caller), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, work: Callable[[], Coroutine[None, None, None]], caller: Caller) -> None:
        enter_scope(Scope(caller, background=True))
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - nobody waits for it who could be told
            _log.error("unexpected_error", upstream=self._source, exc_info=error)
