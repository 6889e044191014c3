"""Payments: told by webhooks, live as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from adapters import payments
from resolvers.orders import updates_of_order

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def payment_updated(order_id: strawberry.ID | None = None) -> AsyncGenerator[payments.Payment, None]:
    """Each payment as it changes; those of one order when it is given."""
    async for update in updates_of_order(payments.payment_records, order_id):
        yield update.node
