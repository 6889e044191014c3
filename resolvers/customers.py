"""Customers: read from the CRM, and changed there."""

from __future__ import annotations

import re

import strawberry

from adapters import crm
from patchbay.errors import InputError
from patchbay.loading import load
from patchbay.nodes import key_argument
from patchbay.paging import page_resolver

MAX_EMAIL_CHARACTERS = 254
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
"""The shape of an address, and no more: which addresses exist is for the CRM to say."""


async def customer(id: strawberry.ID) -> crm.Customer | None:
    """One customer by number or global id."""
    return await load(crm.customers_by_ids, key_argument(id, type_name="Customer", pattern=crm.CUSTOMER_ID))


customers = page_resolver(crm.customers_page)
"""All customers by number."""


async def change_customer_email(id: strawberry.ID, email: str) -> crm.Customer | None:
    """Write a customer's new address to the CRM; None when there is no such customer.

    Raises:
        InputError: an id or an address of no such shape; nothing was sent.
        UpstreamRefused: the CRM does not take the address.
    """
    key = key_argument(id, type_name="Customer", pattern=crm.CUSTOMER_ID)
    if len(email) > MAX_EMAIL_CHARACTERS or not email.isprintable() or EMAIL.fullmatch(email) is None:
        raise InputError("email", "is not an email address")
    return await crm.change_email(crm.EmailChange(email), id=key)
