"""Several operations in one request, where batches are taken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from strawberry.types.graphql import OperationType

from patchbay.server.refusals import Refusal, refused
from patchbay.server.transports.asked import asked_in

if TYPE_CHECKING:
    from starlette.requests import Request

    from patchbay.caller import Caller
    from patchbay.server.service import Service

SUBSCRIBE_ADVICE: Final = (
    "subscriptions need a WebSocket (graphql-transport-ws) or 'Accept: text/event-stream'"
)


async def run_batch(service: Service, request: Request, contents: list[Any]) -> list[dict[str, Any]]:
    """The answers to operations that run side by side, in the order of the operations.

    Each counts by itself: at the door, in rates and in budgets.

    Raises:
        Refusal: 400, there are too many, or none; 401.
    """
    most = service.settings.max_batch
    if not 0 < len(contents) <= most:
        raise refused(400, f"a batch has one to {most} operations")
    address = service.address(request.scope)
    caller = await service.identify(request.headers.raw, address=address)
    return await asyncio.gather(*(_one(service, request, caller, each, address) for each in contents))


async def _one(
    service: Service, request: Request, caller: Caller, content: Any, address: str
) -> dict[str, Any]:
    try:
        admitted = await service.admit(asked_in(content), caller, address=address)
        if admitted.type is OperationType.SUBSCRIPTION:
            admitted.charge.release()
            raise refused(400, SUBSCRIBE_ADVICE)
        result = await service.run(admitted, service.context(request, caller))
    except Refusal as told:
        return {"errors": told.errors}
    return result.payload
