"""Shop: orders and products.

Kind: REST, JSON in snake_case, wrapped in an envelope {"data": …, "meta": …}.
Owner: e-commerce.
Docs: demo/shop.py in this repository; in production the vendor's API reference.
Auth: Bearer token.
Quota: none published; at most 100 orders, 50 products or 50 customers in one call, pages of at most 100 rows.
Errors: 401 wrong token, 400 too many keys or too large a page.

Shop events: orders as they are placed.

Kind: webhooks, signed as Standard Webhooks.
Owner: e-commerce.
Docs: standardwebhooks.com for the signature; demo/sender.py for the events.
Auth: webhook-signature.
Quota: none.
Errors: an event of another shape is kept as failed; see the inbox.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from patchbay.calls import Bearer
from patchbay.inbox.signatures import StandardWebhooks
from patchbay.scalars import Integer, SafeInteger
from patchbay.upstreams import Rest, Webhook

shop = Rest("shop", base_url="SHOP_URL", credentials=Bearer("SHOP_TOKEN"))
shop_events = Webhook("shop_events", signature=StandardWebhooks("SHOP_WEBHOOK_SECRET"))

ORDER_ID = re.compile(r"O[0-9]{1,12}")
PRODUCT_ID = re.compile(r"P[0-9]{1,12}")


class Money(msgspec.Struct, frozen=True):
    """An amount in the currency's minor unit."""

    cents: SafeInteger
    currency: str


class OrderItem(msgspec.Struct, frozen=True):
    """One line of an order."""

    product_id: str
    quantity: Integer
    unit_price: Money


class Order(msgspec.Struct, frozen=True):
    """An order with its lines."""

    id: str
    customer_id: str
    placed_at: datetime
    status: str
    total: Money
    items: list[OrderItem]


class OrdersOfCustomer(msgspec.Struct, frozen=True):
    """One page of a customer's orders, newest first, and how many there are in all."""

    customer_id: str
    total: int
    items: list[Order] = msgspec.field(name="orders")


class Product(msgspec.Struct, frozen=True):
    """Something that is sold."""

    id: str
    sku: str
    name: str
    price: Money


class PlacedItem(msgspec.Struct, frozen=True):
    """One line of an order as it is told when it is placed."""

    sku: str
    quantity: Integer


class OrderPlaced(msgspec.Struct, frozen=True):
    """An order as it was placed. That happens once, so that all that is told of it is of one version."""

    id: str
    customer_id: str
    placed_at: datetime
    total: Money
    items: list[PlacedItem]
    version: int = 1


class ShopEvent(msgspec.Struct, frozen=True):
    """The shop's event envelope."""

    type: str
    data: OrderPlaced


def order_from_event(event: ShopEvent) -> OrderPlaced:
    """The order that an event tells of."""
    return event.data


orders_by_ids = shop.batch("GET /orders?ids={ids}", Order, match="id", at="data", max_size=100)
orders_page = shop.page("GET /orders?offset={offset}&limit={limit}", Order, items="data", total="meta.total")
orders_by_customer_ids = shop.batch(
    "GET /orders/by-customer?customer_ids={ids}&offset={offset}&limit={limit}",
    OrdersOfCustomer,
    match="customer_id",
    at="data",
    max_size=50,
)
products_by_ids = shop.batch("GET /products?ids={ids}", Product, match="id", at="data", max_size=50)
products_page = shop.page(
    "GET /products?offset={offset}&limit={limit}", Product, items="data", total="meta.total"
)
placed_orders = shop_events.records(
    OrderPlaced,
    event=ShopEvent,
    types=("order.placed",),
    build=order_from_event,
    key="id",
    version="version",
)
