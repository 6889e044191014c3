"""Where queries start."""

from __future__ import annotations

import strawberry
from strawberry import relay

from patchbay.paging import Connection
from patchbay.records import record_field
from resolvers import customers, nodes, orders, payments, products, shipments
from schema.customers import Customer
from schema.orders import Order
from schema.payments import Payment
from schema.products import Product
from schema.shipments import Shipment


@strawberry.type
class Query:
    """Every field is nullable, so that one upstream that fails leaves the others' answers intact."""

    # A payment is looked for in the inbox, and then asked for.
    node: relay.Node | None = record_field(nodes.node, description="Any object by its global id.", calls=2)
    update_cursor: str | None = record_field(
        orders.update_cursor,
        description="Where subscriptions are now. Read it before records are read, and subscribe after it: "
        "nothing that changes in between is missed.",
        calls=0,
    )
    customer: Customer | None = record_field(
        customers.customer, description="One customer, by number (C1007) or global id."
    )
    customers: Connection[Customer] | None = record_field(
        customers.customers, description="All customers by number."
    )
    order: Order | None = record_field(
        orders.order, description="One order, by number (O100001) or global id."
    )
    orders: Connection[Order] | None = record_field(orders.orders, description="All orders, newest first.")
    payments: Connection[Payment] | None = record_field(
        payments.payments_page, description="Payments, by number where nothing else is said."
    )
    product: Product | None = record_field(
        products.product, description="One product, by number (P0001) or global id."
    )
    products: Connection[Product] | None = record_field(
        products.products, description="All products by number."
    )
    shipments: Connection[Shipment] | None = record_field(
        shipments.shipments_page, description="Shipments, by number where nothing else is said."
    )
