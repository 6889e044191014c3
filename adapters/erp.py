"""ERP: stock and customers' balances.

Kind: SOAP 1.1, document/literal, described by its WSDL.
Owner: finance systems.
Docs: the WSDL; demo/erp.py in this repository.
Auth: WS-Security UsernameToken.
Quota: none published; at most 50 keys in one call.
Errors: faults UnknownSku and InsufficientStock on a reservation, FailedAuthentication, TooManyKeys.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from patchbay.calls import UsernameToken
from patchbay.upstreams import Soap

erp = Soap("erp", wsdl="ERP_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"))

CENTS_PER_UNIT = 100


class StockLevel(msgspec.Struct, frozen=True, rename="pascal"):
    """How many of a SKU lie in the warehouse that serves it."""

    sku: str
    on_hand: int
    warehouse: str


class Balance(msgspec.Struct, frozen=True, rename="pascal"):
    """What a customer owes (positive) or has to their credit (negative)."""

    customer_number: str
    amount: Decimal
    currency: str

    @property
    def cents(self) -> int:
        """The amount in the currency's minor unit."""
        return int(self.amount * CENTS_PER_UNIT)


class Reservation(msgspec.Struct, frozen=True, rename="pascal"):
    """Stock that was set aside."""

    reservation_id: str
    sku: str
    quantity: int
    reserved_at: datetime


stock_by_skus = erp.batch(
    "GetStockLevels", StockLevel, keys="Skus.Sku", at="Levels.Level", match="sku", max_size=50
)
balances_by_customer_numbers = erp.batch(
    "GetBalances",
    Balance,
    keys="CustomerNumbers.CustomerNumber",
    at="Balances.Balance",
    match="customer_number",
    max_size=50,
)
reserve_stock = erp.write("ReserveStock", Reservation, at="Reservation")
