"""Products, their stock, and setting stock aside."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import relay

from adapters import shop
from patchbay.hints import PUBLIC, CacheControl
from patchbay.records import is_record, plain_key
from resolvers import links
from schema.money import Money


@strawberry.type(
    description="How many of a product lie in the warehouse that serves it. From the ERP.",
    directives=[CacheControl(max_age=5, scope=PUBLIC)],
)
class StockLevel:
    """Read from erp.StockLevel."""

    sku: str
    on_hand: int
    warehouse: str


@strawberry.type(
    description="Something that is sold. From the shop.",
    directives=[CacheControl(max_age=60, scope=PUBLIC)],
)
class Product(relay.Node):
    """Read from shop.Product."""

    is_type_of = is_record(shop.Product)

    id: relay.NodeID[str]
    number: str = plain_key("The product's number, such as P0001.")
    sku: str
    name: str
    price: Money
    stock: StockLevel | None = links.stock_of_product


@strawberry.type(description="Stock that was set aside. From the ERP.")
class Reservation:
    """Read from erp.Reservation."""

    reservation_id: strawberry.ID
    sku: str
    quantity: int
    reserved_at: datetime
