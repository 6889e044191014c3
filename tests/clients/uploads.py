"""A server that takes files, beside programs that this one waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from tests.server.uploading import uploading

SECONDS = 20


@contextmanager
def uploads_url(folder: Path) -> Iterator[str]:
    """Where it is, for as long as the block. It has a loop and a thread of its own."""
    url: Future[str] = Future()
    loop = asyncio.new_event_loop()
    ends = asyncio.Event()

    async def serve() -> None:
        async with uploading(folder, PATCHBAY_UPLOADS="true") as server:
            url.set_result(server.url)
            await ends.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:  # noqa: BLE001 - told to who waits
            url.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield url.result(SECONDS)
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(SECONDS)
