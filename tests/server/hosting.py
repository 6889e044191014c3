"""An application as a server of this process, as `patchbay serve` runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from patchbay.server.protocol import DoorProtocol


@asynccontextmanager
async def hosted(app: Any) -> AsyncIterator[int]:
    """The port that it answers on, for as long as the block."""
    config = uvicorn.Config(
        app, port=0, log_config=None, lifespan="on", http=DoorProtocol, ws="websockets-sansio"
    )
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not serving.done(), serving.result()
            await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving
