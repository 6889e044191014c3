"""Foreign functions beside the event loop, for no longer than they may take."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def on_thread(work: Callable[[], T], *, name: str, seconds: float) -> T:
    """What `work` returns or raises, run on a thread of its own.

    Args:
        work: the function.
        name: the thread's.
        seconds: how long is waited for it.

    Raises:
        TimeoutError: it takes longer. The thread goes on, as nobody can end it, and keeps no process from
            ending.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(settle: Callable[[], None]) -> None:
        if not done.done():
            settle()

    def run() -> None:
        settle: Callable[[], None]
        try:
            settle = partial(done.set_result, work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits gets it
            settle = partial(done.set_exception, error)
        # A loop that is closed already has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, settle)

    threading.Thread(target=run, name=name, daemon=True).start()
    async with asyncio.timeout(seconds):
        return await done
