"""Orders: read from the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import strawberry

from adapters import shop
from patchbay.loading import load
from patchbay.nodes import key_argument
from patchbay.paging import page_resolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patchbay.inbox import Update
    from patchbay.upstreams import WebhookRecords

R = TypeVar("R", bound=msgspec.Struct)


async def order(id: strawberry.ID) -> shop.Order | None:
    """One order by number or global id."""
    return await load(shop.orders_by_ids, key_argument(id, type_name="Order", pattern=shop.ORDER_ID))


orders = page_resolver(shop.orders_page)
"""All orders, newest first."""


def updates_of_order(records: WebhookRecords[R], order_id: strawberry.ID | None) -> AsyncIterator[Update[R]]:
    """The records that change from now on; those with this `order_id` when it is given."""
    if order_id is None:
        return records.updates()
    key = key_argument(order_id, type_name="Order", pattern=shop.ORDER_ID, argument="orderId")
    return records.updates(lambda record: getattr(record, "order_id", None) == key)
