"""Orders: read from the shop."""

from __future__ import annotations

import strawberry

from adapters import shop
from patchbay.loading import load
from patchbay.nodes import key_argument
from patchbay.paging import page_resolver


async def order(id: strawberry.ID) -> shop.Order | None:
    """One order by number or global id."""
    return await load(shop.orders_by_ids, key_argument(id, type_name="Order", pattern=shop.ORDER_ID))


orders = page_resolver(shop.orders_page)
"""All orders, newest first."""
