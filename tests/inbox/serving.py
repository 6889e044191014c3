"""The receiving route on a free port of 127.0.0.1, served by uvicorn on a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import uvicorn
from fastapi import FastAPI

from patchbay.environment import Environment
from patchbay.inbox import Inbox
from patchbay.server.webhooks import webhook_router
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook import Webhook
from tests.inbox.database import Location
from tests.inbox.vendor import environment, payments_webhook, plain_webhook, shipments_webhook

START_SECONDS = 10.0


def receiver_app(
    inbox: Inbox,
    variables: Environment,
    clock: Callable[[], float] = time.time,
    others: Sequence[Webhook] = (),
) -> FastAPI:
    """All webhooks over an inbox that is open while it serves."""
    every = (payments_webhook()[0], shipments_webhook()[0], plain_webhook(), *others)
    webhooks = {webhook.name: webhook for webhook in every}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await inbox.open()
        for webhook in webhooks.values():
            await webhook.open(Runtime(variables, inbox))
        yield
        for webhook in webhooks.values():
            await webhook.close()
        await inbox.close()

    # The application's cap is for other routes: the receiver has its own, and answers in its own words.
    app = FastAPI(lifespan=lifespan, max_body_size=16)
    app.include_router(webhook_router(webhooks, inbox, max_body_bytes=4096, clock=clock))
    return app


class Receiver:
    """A running receiver. Set `clock[0]` to move its time."""

    def __init__(
        self,
        location: Location,
        variables: Environment | None = None,
        *,
        max_waiting: int = 512,
        others: Sequence[Webhook] = (),
    ) -> None:
        self.clock = [time.time()]
        self.location = location
        self.inbox = Inbox(location, max_waiting=max_waiting)
        app = receiver_app(self.inbox, variables or environment(), lambda: self.clock[0], others)
        config = uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self.address = ("127.0.0.1", int(self._socket.getsockname()[1]))

    def __enter__(self) -> Self:
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            assert self._thread.is_alive(), "the receiver did not start"
            assert time.monotonic() < end, "the receiver takes too long to start"
            time.sleep(0.01)
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{self.address[1]}", trust_env=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._server.should_exit = True
        self._thread.join(START_SECONDS)
        self._socket.close()

    @property
    def database(self) -> Path:
        """The SQLite file that it is on."""
        assert isinstance(self.location, Path)
        return self.location

    def post(self, upstream: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        return self.send(f"/webhooks/{upstream}", body, headers)

    def send(self, path: str, body: bytes, headers: Mapping[str, str | bytes]) -> httpx2.Response:
        """As `post`, to a whole path. A header that is not ASCII is given as bytes."""
        raw = [
            (name.encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in headers.items()
        ]
        return self._client.post(path, content=body, headers=raw)
