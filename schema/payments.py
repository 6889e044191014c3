"""Payments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import relay

from adapters import payments
from patchbay.records import is_record, plain_key
from resolvers import links
from schema.money import Money

if TYPE_CHECKING:
    from schema.orders import Order


@strawberry.type(description="The state of an order's payment. Told by the payment provider, or asked of it.")
class Payment(relay.Node):
    """Read from payments.Payment."""

    is_type_of = is_record(payments.Payment)

    id: relay.NodeID[str]
    number: str = plain_key("The provider's id, such as pi_….")
    status: str
    method: str | None = strawberry.field(description="How it is paid, such as card.")
    amount: Money
    captured_at: datetime | None
    as_of: datetime = strawberry.field(
        description="When the newest event about it was received, or when it was fetched."
    )
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = links.order_of_payment
