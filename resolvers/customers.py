"""Customers: read from the CRM, and changed there."""

from __future__ import annotations

import strawberry

from adapters import crm
from patchbay.loading import load
from patchbay.nodes import key_argument
from patchbay.paging import page_resolver


async def customer(id: strawberry.ID) -> crm.Customer | None:
    """One customer by number or global id."""
    return await load(crm.customers_by_ids, key_argument(id, type_name="Customer", pattern=crm.CUSTOMER_ID))


customers = page_resolver(crm.customers_page)
"""All customers by number."""


async def change_customer_email(id: strawberry.ID, email: str) -> crm.Customer | None:
    """Write a customer's new address to the CRM; None when there is no such customer."""
    key = key_argument(id, type_name="Customer", pattern=crm.CUSTOMER_ID)
    return await crm.change_email(crm.EmailChange(email), id=key)
