"""Payments: told by webhooks, live as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from adapters import payments, shop
from patchbay.nodes import key_argument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def payment_updated(order_id: strawberry.ID | None = None) -> AsyncGenerator[payments.Payment, None]:
    """Each payment as it changes; those of one order when it is given."""
    if order_id is None:
        updates = payments.payment_records.updates()
    else:
        key = key_argument(order_id, type_name="Order", pattern=shop.ORDER_ID, argument="orderId")
        updates = payments.payment_records.updates(lambda payment: payment.order_id == key)
    async for payment in updates:
        yield payment
