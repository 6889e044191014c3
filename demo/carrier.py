"""Carrier: shipping labels. REST, JSON in camelCase, API key in `X-Carrier-Key`; its labels are in memory.

``POST /labels``  ``{"orderId": "O1", "customerId": "C1", "items": [{"sku", "quantity"}]}``, one item or more;
    201 with ``{"id", "orderId", "trackingNumber", "createdAt"}``, once for each Idempotency-Key
"""

from datetime import datetime
from typing import Annotated

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from demo import answers, service
from demo.control import Control, by_route
from demo.dice import dice
from demo.guard import Guard
from demo.writes import Writes

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of what is in the parcel."""

    sku: Name
    quantity: Annotated[int, msgspec.Meta(ge=1)]


class Parcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a label is asked for."""

    order_id: Name
    customer_id: Name
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1)]


class Label(msgspec.Struct, frozen=True, rename="camel"):
    """A label that was made."""

    id: str
    order_id: str
    tracking_number: str
    created_at: datetime


def label(parcel: Parcel, number: int, at: datetime) -> Label:
    """The label of that number. The tracking number tells nothing of the order."""
    tracking_number = f"PB{dice('label', number).randrange(10**12):012}"
    return Label(f"L{number:06}", parcel.order_id, tracking_number, at)


def build() -> ASGIApp:
    """The service's app; reads CARRIER_KEY."""
    key = answers.required("CARRIER_KEY")
    labels = Writes(Parcel, label)

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("x-carrier-key", ""), key)

    app = Starlette(
        routes=[Route("/labels", labels.post, methods=["POST"])],
        middleware=[Middleware(Guard, check=allowed, challenge="ApiKey")],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes), happened=labels.happened)


if __name__ == "__main__":
    service.main("carrier", build)
