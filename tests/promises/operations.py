"""The operations that rows ask, each numbered so that no two of a load are alike and share a flight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.promises.load import Operation

CUSTOMERS: Final = 2_000
PRODUCTS: Final = 500
FIRST_CUSTOMER: Final = 1_000

_CUSTOMER: Final = "query Customer($id: String!) { customer(id: $id) { id name email } }"
_KEPT: Final = "query Kept($id: String!) { keptCustomer(id: $id) { id name } }"
_PRODUCT: Final = "query Product($id: String!) { product(id: $id) { id name } }"
_STOCKED: Final = "query Stocked($id: String!) { product(id: $id) { id name stock { onHand warehouse } } }"
_BOTH: Final = """query Both($customer: String!, $product: String!) {
  customer(id: $customer) { id name }
  product(id: $product) { id name stock { onHand } }
}"""
_CHANGE: Final = """mutation Change($id: String!, $email: String!) {
  changeEmail(id: $id, email: $email) { id email }
}"""

_RESERVE: Final = """mutation Reserve($sku: String!) {
  reserveStock(sku: $sku, quantity: 1) { reservationId }
}"""

_HOSTILE: Final = """query Hostile($service: Int!) {
  hostileStock(service: $service, sku: "SKU-0001") { onHand }
}"""

_COPIES: Final = 40
_MEMBERS: Final = " ".join(
    f"{member}{copy}: {member}" for copy in range(_COPIES) for member in ("id", "name", "email", "erpNumber")
)
_HEAVY: Final = f"query Heavy($offset: Int!) {{ customers(offset: $offset) {{ {_MEMBERS} }} }}"


def customer_id(number: int) -> str:
    """One of the CRM's, in turn."""
    return f"C{FIRST_CUSTOMER + number % CUSTOMERS}"


def product_id(number: int) -> str:
    """One of the shop's, in turn."""
    return f"P{1 + number % PRODUCTS:04}"


def customer(number: int, headers: Mapping[str, str] | None = None, *, word: int = 0) -> Operation:
    """One call of the CRM."""
    del word
    return Operation(_CUSTOMER, {"id": customer_id(number)}, headers)


def worded(number: int, headers: Mapping[str, str] | None = None, *, word: int = 0) -> Operation:
    """The same in other words for each `word`."""
    return Operation(_CUSTOMER.replace("Customer", f"Customer{word}"), {"id": customer_id(number)}, headers)


def kept(number: int) -> Operation:
    """One customer that is kept."""
    return Operation(_KEPT, {"id": customer_id(number)})


def by_the_routes(number: int) -> Operation:
    """The same with a header that the direct way for JSON does not take."""
    return Operation(_CUSTOMER, {"id": customer_id(number)}, {"Content-Encoding": "identity"})


def product(number: int) -> Operation:
    """One call of the shop."""
    return Operation(_PRODUCT, {"id": product_id(number)})


def stocked(number: int) -> Operation:
    """One call of the shop, and then one of the ERP."""
    return Operation(_STOCKED, {"id": product_id(number)})


def both(number: int) -> Operation:
    """One call of the CRM beside one of the shop, and then one of the ERP."""
    return Operation(_BOTH, {"customer": customer_id(number), "product": product_id(number)})


def change(number: int) -> Operation:
    """A write to the CRM."""
    return Operation(_CHANGE, {"id": customer_id(number), "email": f"number.{number}@example.com"})


def reserve(number: int) -> Operation:
    """A write to the ERP: a piece of a SKU that it has and that nobody else asks for."""
    return Operation(_RESERVE, {"sku": f"SKU-{1 + number % PRODUCTS:04}"})


def hostile_stock(service: int) -> Operation:
    """Stock of the service of this number."""
    return Operation(_HOSTILE, {"service": service})


def heavy(number: int) -> Operation:
    """A hundred customers with many fields: one small call, and two milliseconds of work for the server."""
    return Operation(_HEAVY, {"offset": number % (CUSTOMERS - 100)})
