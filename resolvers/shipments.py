"""Shipments: told by webhooks, live as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from adapters import shipments
from patchbay.paging import page_resolver
from patchbay.updates import After
from resolvers.orders import updates_of_order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patchbay.inbox import Update


shipments_page = page_resolver(shipments.shipment_pages)
"""Shipments by number, or as they are filtered and ordered."""


def shipment_updated(
    order_id: strawberry.ID | None = None,
    carrier: list[str] | None = None,
    status: list[str] | None = None,
    after: After = None,
) -> AsyncIterator[Update[shipments.Shipment]]:
    """Each shipment as it changes; those of one order, carrier or status when they are given."""
    return updates_of_order(shipments.shipment_records, order_id, after=after, carrier=carrier, status=status)
