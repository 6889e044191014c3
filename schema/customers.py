"""Customers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import relay

from adapters import crm
from patchbay.hints import PRIVATE, CacheControl
from patchbay.paging import Connection
from patchbay.records import is_record, plain_key
from resolvers import links
from schema.money import Money

if TYPE_CHECKING:
    from schema.orders import Order


@strawberry.type(
    description="Someone who buys in the shop. From the CRM.",
    directives=[CacheControl(max_age=10, scope=PRIVATE)],
)
class Customer(relay.Node):
    """Read from crm.Customer."""

    is_type_of = is_record(crm.Customer)

    id: relay.NodeID[str]
    number: str = plain_key("The customer's number, such as C1007.")
    name: str
    email: str
    erp_number: str = strawberry.field(description="What the ERP knows the customer by.")
    created_at: datetime
    balance: Money | None = links.balance_of_customer
    orders: Connection[Annotated[Order, strawberry.lazy("schema.orders")]] | None = links.orders_of_customer
