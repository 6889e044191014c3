"""Orders and their lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import relay

from adapters import shop
from patchbay.costs import ListSize
from patchbay.paging import Connection
from patchbay.records import is_record, plain_key
from resolvers import links
from schema.customers import Customer
from schema.money import Money
from schema.products import Product

if TYPE_CHECKING:
    from schema.payments import Payment
    from schema.shipments import Shipment


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
    items: list[OrderItem] = strawberry.field(directives=[ListSize(assumed_size=20)])
    customer: Customer | None = links.customer_of_order
    payment: Annotated[Payment, strawberry.lazy("schema.payments")] | None = links.payment_of_order
    payments: Connection[Annotated[Payment, strawberry.lazy("schema.payments")]] | None = (
        links.payments_of_order
    )
    shipment: Annotated[Shipment, strawberry.lazy("schema.shipments")] | None = links.shipment_of_order
    shipments: Connection[Annotated[Shipment, strawberry.lazy("schema.shipments")]] | None = (
        links.shipments_of_order
    )
