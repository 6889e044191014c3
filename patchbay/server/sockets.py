"""Operations over a WebSocket: refused at the door as all others, and mutations run to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.graphql import OperationType

from patchbay.server.answer import BUSY_CODE, BUSY_MESSAGE

if TYPE_CHECKING:
    from graphql import GraphQLFormattedError
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

    from patchbay.server.graphql import GraphQLEndpoint
    from patchbay.server.schema import GraphSchema


class SocketHandler(BaseGraphQLTransportWSHandler[Any, Any]):
    """Strawberry's, with a door.

    A socket that is closed, and a client that says `complete`, cancel what they have asked for; a mutation
    goes on, as what it has sent to upstreams cannot be unsent.
    """

    view: GraphQLEndpoint
    schema: GraphSchema

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation, or refuse it."""
        if self.connection_acknowledged and self.view.door.refuses():
            error: GraphQLFormattedError = {"message": BUSY_MESSAGE, "extensions": {"code": BUSY_CODE}}
            await self.send_message({"id": message["id"], "type": "error", "payload": [error]})
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Any, Any]) -> None:
        """Run it. A subscription is not counted: it waits nearly all of its time."""
        if self._type_of(operation) is OperationType.SUBSCRIPTION:
            await super().run_operation(operation)
            return
        self.view.door.enter()
        try:
            await super().run_operation(operation)
        finally:
            self.view.door.leave()

    async def cleanup_operation(self, operation_id: str) -> None:
        """End it."""
        operation = self.operations.get(operation_id)
        if operation is not None and self._type_of(operation) is OperationType.MUTATION:
            # Nothing of it is sent any more.
            operation.completed = True
            if operation.task is not None:
                self.view.keep(operation.task)
            del self.operations[operation_id]
            return
        await super().cleanup_operation(operation_id)

    def _type_of(self, operation: Operation[Any, Any]) -> OperationType | None:
        return self.schema.operation_type(operation.query, operation.operation_name)
