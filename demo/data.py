"""The shop's data: customers, products, stock, balances and orders, the same in every process.

Tables are built on first use and kept. Money is an integer of cents in EUR, or a Decimal of EUR in the ERP.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Final, NamedTuple

import msgspec

from demo import names
from demo.dice import dice
from demo.timeline import AS_OF, Fate, OrderStatus, order_status

CUSTOMERS_COUNT: Final = 2_000
ORDERS_COUNT: Final = 6_000
ORDER_SPAN_DAYS: Final = 60
SHOWCASE_CUSTOMER: Final = "C1007"
SHOWCASE_AGES_DAYS: Final = (1.3, 1.8, 4.0, 6.0, 9.0, 13.0, 18.0, 24.0, 31.0, 39.0, 47.0, 56.0)
SHOWCASE_FULFILLED: Final = 5
WAREHOUSES: Final = ("Leipzig", "Rotterdam", "Lyon", "Poznań")
FATES: Final[tuple[Fate, ...]] = ("fulfilled", "unpaid", "abandoned", "pending", "voided")
FATE_WEIGHTS: Final = (83, 5, 5, 3, 4)


class Customer(msgspec.Struct, frozen=True, rename="camel"):
    """A customer as the CRM writes it."""

    id: str
    name: str
    email: str
    erp_number: str
    created_at: datetime


class Money(msgspec.Struct, frozen=True):
    """An amount in cents of a currency."""

    cents: int
    currency: str = "EUR"


class Product(msgspec.Struct, frozen=True):
    """A product as the shop writes it."""

    id: str
    sku: str
    name: str
    price: Money


class Item(msgspec.Struct, frozen=True):
    """One line of an order."""

    product_id: str
    quantity: int
    unit_price: Money


class Order(msgspec.Struct, frozen=True):
    """An order as the shop writes it."""

    id: str
    customer_id: str
    placed_at: datetime
    status: OrderStatus
    total: Money
    items: tuple[Item, ...]


class Stock(NamedTuple):
    """What the ERP has of a SKU."""

    on_hand: int
    warehouse: str


class Draft(NamedTuple):
    """An order before it has its id; sorts by time."""

    placed_at: datetime
    customer_id: str
    fate: Fate
    items: tuple[Item, ...]


def _customer(number: int) -> Customer:
    throw = dice("customer", number)
    first, last = throw.choice(names.FIRST), throw.choice(names.LAST)
    return Customer(
        id=f"C{number}",
        name=f"{first} {last}",
        email=f"{names.plain(first)}.{names.plain(last)}.{number}@example.com",
        erp_number=f"400{number}",
        created_at=datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=throw.randint(0, 60 * 24 * 365 * 7)),
    )


@cache
def customers() -> dict[str, Customer]:
    """C1000 to C2999 by id, in the order of their ids."""
    return {f"C{number}": _customer(number) for number in range(1_000, 1_000 + CUSTOMERS_COUNT)}


@cache
def products() -> dict[str, Product]:
    """P0001 to P0500 by id, in the order of their ids."""
    labels = [f"{material} {thing}" for thing, material in product(names.THINGS, names.MATERIALS)]
    dice("products").shuffle(labels)
    return {
        f"P{number:04}": Product(
            id=f"P{number:04}",
            sku=f"SKU-{number:04}",
            name=label,
            price=Money(dice("price", number).randint(4, 400) * 50 - 1),
        )
        for number, label in enumerate(labels, start=1)
    }


@cache
def stock() -> dict[str, Stock]:
    """Stock by SKU; about 3 % of the shop's SKUs are missing here."""
    known = {}
    for sku in (each.sku for each in products().values()):
        throw = dice("stock", sku)
        if throw.random() >= 0.03:  # noqa: PLR2004 - the ERP does not know every SKU of the shop
            known[sku] = Stock(max(0, throw.randint(-20, 300)), throw.choice(WAREHOUSES))
    return known


@cache
def balances() -> dict[str, Decimal]:
    """Balance in EUR by ERP number; about 2 % of the customers are missing here, never C1007."""
    known = {}
    for customer in customers().values():
        throw = dice("balance", customer.erp_number)
        if throw.random() >= 0.02 or customer.id == SHOWCASE_CUSTOMER:  # noqa: PLR2004 - the ERP knows most of them
            known[customer.erp_number] = Decimal(throw.randint(-40_000, 90_000)).scaleb(-2)
    return known


@cache
def _catalogue() -> tuple[Product, ...]:
    return tuple(products().values())


def _items(*seed: object) -> tuple[Item, ...]:
    throw = dice("items", *seed)
    chosen = throw.sample(_catalogue(), throw.choices((1, 2, 3, 4), (40, 30, 20, 10))[0])
    return tuple(Item(each.id, throw.randint(1, 3), each.price) for each in chosen)


def _draft(number: int, customer_ids: list[str]) -> Draft:
    throw = dice("order", number)
    age_seconds = throw.randint(60, ORDER_SPAN_DAYS * 86_400)
    fate = throw.choices(FATES, FATE_WEIGHTS)[0]
    return Draft(AS_OF - timedelta(seconds=age_seconds), throw.choice(customer_ids), fate, _items(number))


def _showcase_draft(rank: int, age_days: float) -> Draft:
    fate = (
        "fulfilled" if rank < SHOWCASE_FULFILLED else dice("showcase", rank).choices(FATES, FATE_WEIGHTS)[0]
    )
    return Draft(AS_OF - timedelta(days=age_days), SHOWCASE_CUSTOMER, fate, _items(SHOWCASE_CUSTOMER, rank))


@cache
def _drafts() -> dict[str, Draft]:
    others = [each for each in customers() if each != SHOWCASE_CUSTOMER]
    drafts = [_draft(number, others) for number in range(ORDERS_COUNT - len(SHOWCASE_AGES_DAYS))]
    drafts += [_showcase_draft(rank, age_days) for rank, age_days in enumerate(SHOWCASE_AGES_DAYS)]
    drafts.sort(key=lambda each: (each.placed_at, each.customer_id))
    numbered = {f"O{number}": draft for number, draft in enumerate(drafts, start=100_001)}
    return dict(reversed(numbered.items()))


def fate(order_id: str) -> Fate:
    """What becomes of the order; KeyError for an unknown id."""
    return _drafts()[order_id].fate


@cache
def orders() -> dict[str, Order]:
    """All orders by id, newest first."""
    return {
        order_id: Order(
            id=order_id,
            customer_id=draft.customer_id,
            placed_at=draft.placed_at,
            status=order_status(order_id, draft.placed_at, draft.fate),
            total=Money(sum(item.quantity * item.unit_price.cents for item in draft.items)),
            items=draft.items,
        )
        for order_id, draft in _drafts().items()
    }


@cache
def orders_by_customer() -> dict[str, list[Order]]:
    """Orders by customer id, newest first; a customer without orders is missing."""
    grouped: dict[str, list[Order]] = {}
    for order in orders().values():
        grouped.setdefault(order.customer_id, []).append(order)
    return grouped
