"""Orders and their lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import relay

from adapters import shop
from patchbay.records import is_record, plain_key
from resolvers import links
from schema.customer import Customer
from schema.money import Money
from schema.product import Product

if TYPE_CHECKING:
    from schema.payment import Payment
    from schema.shipment import Shipment


@strawberry.type(description="One line of an order.")
class OrderItem:
    """Read from shop.OrderItem."""

    quantity: int
    unit_price: Money
    product: Product | None = links.product_of_item


@strawberry.type(description="An order. From the shop.")
class Order(relay.Node):
    """Read from shop.Order."""

    is_type_of = is_record(shop.Order)

    id: relay.NodeID[str]
    number: str = plain_key("The order's number, such as O100001.")
    placed_at: datetime
    status: str
    total: Money
    items: list[OrderItem]
    customer: Customer | None = links.customer_of_order
    payment: Annotated[Payment, strawberry.lazy("schema.payment")] | None = links.payment_of_order
    shipment: Annotated[Shipment, strawberry.lazy("schema.shipment")] | None = links.shipment_of_order
