"""CRM: customers.

Kind: REST, JSON in camelCase.
Owner: sales platform.
Docs: demo/crm.py in this repository; in production the vendor's API reference.
Auth: API key in X-Api-Key.
Quota: none published; at most 100 ids in one call.
Errors: 401 wrong key, 404 unknown customer on a change, 422 an address that is none.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from patchbay.calls import ApiKey
from patchbay.upstreams import Rest

crm = Rest("crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY", header="X-Api-Key"))

CUSTOMER_ID = re.compile(r"C[0-9]{1,12}")


class Customer(msgspec.Struct, frozen=True, rename="camel"):
    """A customer. `erp_number` is what the ERP knows them by."""

    id: str
    name: str
    email: str
    erp_number: str
    created_at: datetime


class EmailChange(msgspec.Struct, frozen=True):
    """The body of a change of address."""

    email: str


customers_by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100)
customers_page = crm.page(
    "GET /customers/page?offset={offset}&limit={limit}", Customer, items="items", total="total"
)
change_email = crm.write("PATCH /customers/{id}", Customer)
