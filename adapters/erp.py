"""ERP: stock and customers' balances.

Kind: SOAP 1.1, document/literal, described by its WSDL.
Owner: finance systems.
Docs: the WSDL; demo/erp.py in this repository.
Auth: WS-Security UsernameToken.
Quota: none published; at most 50 keys in one call.
Errors: faults UnknownSku, InsufficientStock and ReferenceInUse (by another reservation) on a reservation;
    FailedAuthentication, TooManyKeys.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from patchbay.money import minor_units
from patchbay.scalars import Integer
from patchbay.upstreams import Soap, UsernameToken

erp = Soap("erp", wsdl="ERP_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"))


class StockLevel(msgspec.Struct, frozen=True, rename="pascal"):
    """How many of a SKU lie in the warehouse that serves it."""

    sku: str
    on_hand: Integer
    warehouse: str


class Balance(msgspec.Struct, frozen=True, rename="pascal"):
    """What a customer owes (positive) or has to their credit (negative), in the currency's major unit.

    A balance whose amount is no exact number of the minor unit does not decode.
    """

    customer_number: str
    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Raises ValueError, which makes this row bad data and leaves the others."""
        minor_units(self.amount, self.currency)

    @property
    def cents(self) -> int:
        """The amount in the currency's minor unit."""
        return minor_units(self.amount, self.currency)


class Reservation(msgspec.Struct, frozen=True, rename="pascal"):
    """Stock that was set aside."""

    reservation_id: str
    sku: str
    quantity: Integer
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
reserve_stock = erp.write("ReserveStock", Reservation, at="Reservation", idempotency_argument="Reference")
"""A Reference stands for one reservation: sent again, it brings that one."""
