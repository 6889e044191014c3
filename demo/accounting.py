"""Accounting: transactions. REST, JSON in snake_case, HTTP Basic; what it has booked is in memory.

``POST /transactions``  ``{"order_id": "O1", "customer_id": "C1", "amount": {"cents", "currency"}}``; 201 with
    the same and ``"id"`` and ``"booked_at"``, once for each Idempotency-Key (demo/writes.py)
"""

import base64
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
from demo.guard import Guard
from demo.writes import Writes

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in the currency's minor unit."""

    cents: Annotated[int, msgspec.Meta(ge=0)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class Booking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be booked."""

    order_id: Name
    customer_id: Name
    amount: Amount


class Transaction(msgspec.Struct, frozen=True):
    """What was booked."""

    id: str
    order_id: str
    customer_id: str
    amount: Amount
    booked_at: datetime


def transaction(booking: Booking, number: int, at: datetime) -> Transaction:
    """The transaction of that number."""
    return Transaction(f"T{number:06}", booking.order_id, booking.customer_id, booking.amount, at)


def build() -> ASGIApp:
    """The service's app; reads ACCOUNTING_USER and ACCOUNTING_PASSWORD."""
    pair = f"{answers.required('ACCOUNTING_USER')}:{answers.required('ACCOUNTING_PASSWORD')}"
    expected = f"Basic {base64.b64encode(pair.encode()).decode()}"
    transactions = Writes(Booking, transaction)

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("authorization", ""), expected)

    app = Starlette(
        routes=[Route("/transactions", transactions.post, methods=["POST"])],
        middleware=[Middleware(Guard, check=allowed, challenge='Basic realm="accounting"')],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes), happened=transactions.happened)


if __name__ == "__main__":
    service.main("accounting", build)
