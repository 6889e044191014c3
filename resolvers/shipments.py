"""Shipments: told by webhooks, live as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from adapters import shipments, shop
from patchbay.nodes import key_argument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def shipment_updated(order_id: strawberry.ID | None = None) -> AsyncGenerator[shipments.Shipment, None]:
    """Each shipment as it changes; those of one order when it is given."""
    if order_id is None:
        updates = shipments.shipment_records.updates()
    else:
        key = key_argument(order_id, type_name="Order", pattern=shop.ORDER_ID, argument="orderId")
        updates = shipments.shipment_records.updates(lambda shipment: shipment.order_id == key)
    async for shipment in updates:
        yield shipment
