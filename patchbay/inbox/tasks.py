"""What the inbox's loops do with their task and with what wakes them."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def end(task: asyncio.Task[None] | None) -> None:
    """Cancel it; returns when it has ended. Harmless where there is none."""
    if task is not None:
        task.cancel()
        await asyncio.wait([task])


async def wait_until_set(event: asyncio.Event, seconds: float) -> None:
    """Returns when it is set, or after so long."""
    # Not wait_for(), which forgets a cancellation that comes together with what it waits for.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
