"""Shipments: told by webhooks, live as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from adapters import shipments
from resolvers.orders import updates_of_order

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def shipment_updated(order_id: strawberry.ID | None = None) -> AsyncGenerator[shipments.Shipment, None]:
    """Each shipment as it changes; those of one order when it is given."""
    async for update in updates_of_order(shipments.shipment_records, order_id):
        yield update.node
