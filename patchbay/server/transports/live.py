"""Responses that go on: their parts are sent as they come, with heartbeats while nothing comes.

A response ends when what it tells has ended, when its client goes away, when the identity of its client
expires, and when the server stops. A client that reads slowly slows down what it is told: nothing is kept for
it but the part that is being sent, and the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from starlette.responses import Response

from patchbay.access.proofs.unauthenticated import TokenExpired
from patchbay.server.correlation import MESSAGE, internal_error
from patchbay.server.presence import ClientGone, Presence
from patchbay.server.security_headers import ANSWER_HEADERS
from patchbay.server.transports.expiry import Expiry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Final

    from starlette.types import Receive, Scope, Send

    from patchbay.access.identity import Identity
    from patchbay.server.admitted import Admitted
    from patchbay.server.results import Result
    from patchbay.server.service import Service

FAREWELL_SECONDS: Final = 5.0
"""How long a client may take to read the last part of a response that is ended."""

Errors: TypeAlias = "Sequence[dict[str, Any]]"
Put: TypeAlias = Callable[[bytes], Awaitable[None]]


class Form(Protocol):
    """How a transport writes what a response tells."""

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """All of the response's."""

    @property
    def opening(self) -> bytes:
        """Before anything else."""

    @property
    def heartbeat(self) -> bytes:
        """When nothing has come for `heartbeat_seconds`."""

    @property
    def heartbeat_seconds(self) -> float:
        """How long nothing may come."""

    def closing(self) -> bytes:
        """At the end of what was told."""

    def farewell(self, errors: Errors) -> bytes:
        """At the end, where it has not come by itself; `errors` say why, none if the server stops."""


class Live:
    """The responses under way, of which a stop of the server ends those that do not end by themselves."""

    def __init__(self) -> None:
        self._open: set[LiveResponse] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, response: LiveResponse) -> None:
        """It begins."""
        self._open.add(response)

    def discard(self, response: LiveResponse) -> None:
        """It has ended."""
        self._open.discard(response)

    def end_all(self) -> None:
        """End the endless ones, each with its last words."""
        for response in list(self._open):
            if response.is_endless:
                response.end()


class LiveResponse(Response):
    """A response that goes on.

    Args:
        live: where it is known while it is under way.
        form: how it is written.
        tell: hands on each part, and returns at the end; cancelled where the response ends before.
        identity: its client's.
        is_endless: whether a stop of the server does not wait for its end.
    """

    def __init__(
        self,
        live: Live,
        form: Form,
        tell: Callable[[Put], Awaitable[None]],
        identity: Identity,
        *,
        is_endless: bool,
    ) -> None:
        super().__init__()
        self.raw_headers = [*form.headers, *ANSWER_HEADERS]
        self.is_endless = is_endless
        self._live = live
        self._form = form
        self._tell = tell
        self._identity = identity
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._ending: asyncio.Future[bytes]
        self._patience: asyncio.Timeout

    def end(self, errors: Errors = ()) -> None:
        """End it now, for a reason that the client is told."""
        if not self._ending.done():
            self._ending.set_result(self._form.farewell(errors))
            self._patience.reschedule(asyncio.get_running_loop().time() + FAREWELL_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope
        self._ending = asyncio.get_running_loop().create_future()
        expiry = Expiry(self._identity, lambda: self.end(expired()))
        telling = asyncio.create_task(self._tell_all())
        try:
            with suppress(ClientGone, TimeoutError), Presence(receive):
                async with asyncio.timeout(None) as self._patience:
                    self._live.add(self)
                    expiry.start()
                    await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                    await self._send_parts(telling, send)
        finally:
            expiry.cancel()
            self._live.discard(self)
            await cancelled(telling)

    async def _tell_all(self) -> None:
        try:
            await self._tell(self._parts.put)
        except Exception as error:  # noqa: BLE001 - told as an error of ours
            self.end([{"message": MESSAGE, "extensions": internal_error("unexpected_error", error)}])
        else:
            await self._parts.put(None)

    async def _send_parts(self, telling: asyncio.Task[None], send: Send) -> None:
        """Send each part; returns at the end, which has been sent then."""
        part: bytes | None = self._form.opening
        while part is not None:
            if part:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            part = await self._next_part()
        if self._ending.done():
            await cancelled(telling)
            last = self._ending.result()
        else:
            last = self._form.closing()
        await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _next_part(self) -> bytes | None:
        """The next part or a heartbeat, None at the end."""
        getting = asyncio.create_task(self._parts.get())
        try:
            await asyncio.wait(
                (getting, self._ending),
                timeout=self._form.heartbeat_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._ending.done():
                return None
            return getting.result() if getting.done() else self._form.heartbeat
        finally:
            getting.cancel()


def expired() -> Errors:
    """What a client is told whose token has ended."""
    error = TokenExpired()
    return [{"message": str(error), "extensions": error.extensions}]


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel it, and wait until it has ended, however it does."""
    task.cancel()
    await asyncio.wait((task,))


async def results_of(service: Service, admitted: Admitted, context: Any) -> AsyncGenerator[Result, None]:
    """The operation's results; closed with this generator, in the same task."""
    async with aclosing(service.results(admitted, context)) as results:  # type: ignore[type-var] # it is a generator
        async for result in results:
            yield result
