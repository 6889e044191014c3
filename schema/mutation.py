"""What can be changed. Each change is written through to the upstream that owns the data."""

from __future__ import annotations

import strawberry

from patchbay.records import record_field
from resolvers import customers, products
from schema.customers import Customer
from schema.products import Reservation


@strawberry.type
class Mutation:
    """Nullable, so that a refused change leaves the others' answers intact."""

    change_customer_email: Customer | None = record_field(
        customers.change_customer_email,
        description="Give a customer another address, in the CRM. Null when there is no such customer.",
    )
    reserve_stock: Reservation | None = record_field(
        products.reserve_stock,
        description="Set stock aside in the ERP. Fails with SOAP_FAULT InsufficientStock or UnknownSku.",
    )
