"""Carrier: labels for parcels.

Kind: REST, JSON in camelCase.
Owner: logistics.
Docs: demo/carrier.py in this repository; in production the vendor's API reference.
Auth: API key in X-Carrier-Key.
Quota: none published.
Errors: 401 wrong key, 422 a parcel without items, or an idempotency key of another label.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from patchbay.calls import ApiKey
from patchbay.upstreams import Rest

carrier = Rest("carrier", base_url="CARRIER_URL", credentials=ApiKey("CARRIER_KEY", header="X-Carrier-Key"))


class ParcelItem(msgspec.Struct, frozen=True):
    """How many of a SKU are in the parcel."""

    sku: str
    quantity: int


class NewLabel(msgspec.Struct, frozen=True, rename="camel"):
    """What a label is made for."""

    order_id: str
    customer_id: str
    items: list[ParcelItem]


class Label(msgspec.Struct, frozen=True, rename="camel"):
    """A label that was made."""

    id: str
    order_id: str
    tracking_number: str
    created_at: datetime


create_label = carrier.write("POST /labels", Label, idempotency_header="Idempotency-Key")
