"""What runs on one WebSocket: a task for each operation, which sends its results.

Nothing is told of an operation that is no longer the one of its id. A mutation goes on (see Service.run).
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from strawberry.types.graphql import OperationType

from patchbay.server.correlation import MESSAGE, internal_error
from patchbay.server.refusals import Refusal
from patchbay.server.transports.live import cancelled, results_of
from patchbay.server.transports.socket_messages import complete

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.websockets import WebSocket

    from patchbay.caller import Caller
    from patchbay.server.service import Service
    from patchbay.server.transports.asked import Asked
    from patchbay.server.transports.socket_dialect import Dialect


class _Operation:
    """One operation under way. It is told of only as long as it is the one of its id."""

    __slots__ = ("task", "type")

    def __init__(self) -> None:
        self.task: asyncio.Task[None]
        self.type: OperationType | None = None


class SocketOperations:
    """The operations under way on one connection, by id.

    Args:
        service: admits and runs operations.
        websocket: resolvers are given it as their request.
        address: the client's.
        dialect: how messages are written.
        send: a message; returns when there is room for the next one.
    """

    def __init__(
        self,
        service: Service,
        websocket: WebSocket,
        address: str,
        dialect: Dialect,
        send: Callable[[str], Awaitable[None]],
    ) -> None:
        self._service = service
        self._websocket = websocket
        self._address = address
        self._dialect = dialect
        self._send = send
        self._operations: dict[str, _Operation] = {}
        self._left: set[asyncio.Task[None]] = set()
        """What the client has left off, until it has ended."""

    def __len__(self) -> int:
        return len(self._operations)

    def __contains__(self, id: str) -> bool:
        return id in self._operations

    def start(self, id: str, asked: Asked, caller: Caller) -> None:
        """Run it, and tell of it under this id, which must be free."""
        self._operations[id] = operation = _Operation()
        operation.task = asyncio.create_task(self._run(id, operation, asked, caller))

    def leave_off(self, id: str) -> bool:
        """The client wants no more of it; False where it has ended already, or never was."""
        operation = self._operations.pop(id, None)
        if operation is None:
            return False
        self._left.add(operation.task)
        operation.task.add_done_callback(self._left.discard)
        operation.task.cancel()
        return True

    async def finish(self, seconds: float) -> None:
        """Complete the subscriptions, and wait for all else at most so long."""
        for id, operation in list(self._operations.items()):
            if operation.type is OperationType.SUBSCRIPTION and self._operations.pop(id, None) is operation:
                await cancelled(operation.task)
                await self._send(complete(id))
        others = [operation.task for operation in self._operations.values()]
        if others:
            await asyncio.wait(others, timeout=seconds)

    async def end(self) -> None:
        """End them all; nothing is told of them any more."""
        tasks = [*self._left, *(each.task for each in self._operations.values())]
        self._operations.clear()
        await asyncio.gather(*(cancelled(task) for task in tasks))

    async def _run(self, id: str, operation: _Operation, asked: Asked, caller: Caller) -> None:
        dialect = self._dialect
        try:
            admitted = await self._service.admit(asked, caller, address=self._address)
            operation.type = admitted.type
            context = self._service.context(self._websocket, caller)
            async with aclosing(results_of(self._service, admitted, context)) as results:
                async for result in results:
                    await self._tell(id, operation, dialect.result(id, result.payload))
            await self._tell_last(id, operation, complete(id))
        except Refusal as told:
            await self._tell_last(id, operation, dialect.error(id, told.errors))
        except Exception as error:  # noqa: BLE001 - told as an error of ours
            problem = {"message": MESSAGE, "extensions": internal_error("unexpected_error", error)}
            await self._tell_last(id, operation, dialect.error(id, [problem]))
        finally:
            self._forget(id, operation)

    async def _tell(self, id: str, operation: _Operation, text: str) -> None:
        if self._operations.get(id) is operation:
            await self._send(text)

    async def _tell_last(self, id: str, operation: _Operation, text: str) -> None:
        """Its last message. The client may use its id again then."""
        await self._tell(id, operation, text)
        self._forget(id, operation)

    def _forget(self, id: str, operation: _Operation) -> None:
        if self._operations.get(id) is operation:
            del self._operations[id]
