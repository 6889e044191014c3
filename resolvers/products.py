"""Products: read from the shop; their stock is set aside in the ERP."""

from __future__ import annotations

import strawberry

from adapters import erp, shop
from patchbay.errors import InputError
from patchbay.loading import load
from patchbay.nodes import key_argument
from patchbay.paging import page_resolver

MAX_SKU_CHARACTERS = 64


async def product(id: strawberry.ID) -> shop.Product | None:
    """One product by number or global id."""
    return await load(shop.products_by_ids, key_argument(id, type_name="Product", pattern=shop.PRODUCT_ID))


products = page_resolver(shop.products_page)
"""All products by number."""


async def reserve_stock(sku: str, quantity: int, reference: str | None = None) -> erp.Reservation:
    """Set stock aside in the ERP. Raises SoapFault InsufficientStock or UnknownSku."""
    if not 0 < len(sku) <= MAX_SKU_CHARACTERS or not sku.isprintable():
        raise InputError("sku", "is not a SKU")
    if quantity < 1:
        raise InputError("quantity", "must be at least 1")
    if reference is not None and not reference.isprintable():
        raise InputError("reference", "must be printable text")
    return await erp.reserve_stock(Sku=sku, Quantity=quantity, Reference=reference)
