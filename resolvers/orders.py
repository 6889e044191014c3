"""Orders: read from the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import strawberry

from adapters import payments, shop
from patchbay.loading import load
from patchbay.nodes import key_argument
from patchbay.paging import page_resolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from patchbay.inbox import Update
    from patchbay.upstreams import WebhookRecords

R = TypeVar("R", bound=msgspec.Struct)


async def order(id: strawberry.ID) -> shop.Order | None:
    """One order by number or global id."""
    return await load(shop.orders_by_ids, key_argument(id, type_name="Order", pattern=shop.ORDER_ID))


orders = page_resolver(shop.orders_page)
"""All orders, newest first."""


async def update_cursor() -> str:
    """The cursor that subscriptions have reached, those to payments and all others."""
    return await payments.payment_records.cursor()


def updates_of_order(
    records: WebhookRecords[R],
    order_id: strawberry.ID | None,
    *,
    after: str | None,
    **one_of: Sequence[str] | None,
) -> AsyncIterator[Update[R]]:
    """The records that change, from now on or behind a cursor.

    Args:
        records: which.
        order_id: only those with this `order_id`; None for all.
        after: the cursor.
        one_of: attribute -> its values that are wanted; None for any.
    """
    wanted = {name: frozenset(values) for name, values in one_of.items() if values is not None}
    if order_id is not None:
        key = key_argument(order_id, type_name="Order", pattern=shop.ORDER_ID, argument="orderId")
        wanted["order_id"] = frozenset((key,))
    return records.updates(
        lambda record: all(getattr(record, name) in values for name, values in wanted.items()), after=after
    )
