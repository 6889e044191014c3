"""Payment provider: the state of payments, also of those that the sender has not told of. REST, Bearer token.

``GET /payments?ids=pi_1,pi_2`` or ``GET /payments?order_ids=O1,O2``: the known ones, in an order of its own;
    at most 100 keys. A row is ``{"id", "order_id", "last_event"}``: the newest event about the payment up to
    AS_OF, whole, as the sender posts it
"""

from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from demo import answers, data, events, service
from demo.control import Control, by_route
from demo.guard import Guard

KEYS_MAX: Final = 100


class PaymentState(msgspec.Struct, frozen=True):
    """A payment as it is now."""

    id: str
    order_id: str
    last_event: msgspec.Raw


def payment_state(order_id: str) -> PaymentState | None:
    """The payment of an order; None for an order that is unknown or has none."""
    if order_id not in data.orders() or not (last := events.versions("payment", order_id)):
        return None
    body = events.event("payment", order_id, last).body
    return PaymentState(events.payment_id(order_id), order_id, msgspec.Raw(body))


def build() -> ASGIApp:
    """The service's app; reads PAYMENTS_API_KEY."""
    expected = f"Bearer {answers.required('PAYMENTS_API_KEY')}"
    order_ids = {events.payment_id(order_id): order_id for order_id in data.orders()}

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("authorization", ""), expected)

    async def payments(request: Request) -> Response:
        asked = answers.keys(request, "order_ids", KEYS_MAX)
        asked += [order_ids.get(each, "") for each in answers.keys(request, "ids", KEYS_MAX)]
        return answers.json([state for state in map(payment_state, asked) if state is not None])

    app = Starlette(
        routes=[Route("/payments", payments, methods=["GET"])],
        middleware=[Middleware(Guard, check=allowed, challenge="Bearer")],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes))


if __name__ == "__main__":
    service.main("psp", build)
