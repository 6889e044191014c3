"""Any node of the graph by its global id."""

from __future__ import annotations

from typing import Any

import strawberry

from adapters import crm, payments, shipments, shop
from patchbay.nodes import NodeTable

NODES = NodeTable(
    {
        "Customer": crm.customers_by_ids,
        "Order": shop.orders_by_ids,
        "Product": shop.products_by_ids,
        "Payment": payments.payments_by_ids,
        "Shipment": shipments.shipments_by_ids,
    }
)


async def node(id: strawberry.ID) -> Any:
    """The record with this global id, or None."""
    return await NODES.load(id)
