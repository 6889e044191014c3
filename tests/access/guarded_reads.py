"""Records of a small company, and reads of them that count their calls."""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Self

import msgspec

SOURCE = "company"
"""The upstream of everything."""

CALLS: ContextVar[Counter[str] | None] = ContextVar("calls", default=None)
"""How often an operation has called each read and each mutation. What it has given up may come later."""

ALL_CALLS: Counter[str] = Counter()
"""The same of all operations of the process."""

PAUSE_SECONDS: ContextVar[float] = ContextVar("pause", default=0.0)
"""How long each read takes."""


def count(what: str) -> None:
    """One more call."""
    ALL_CALLS[what] += 1
    calls = CALLS.get()
    if calls is not None:
        calls[what] += 1


# ---------------------------------------------------------------------------------------------------- records


class Grade(enum.Enum):
    """How good a customer is."""

    GOLD = "gold"
    TIN = "tin"


class Customer(msgspec.Struct, frozen=True):
    """Of the CRM."""

    id: str
    account_id: str
    name: str
    email: str
    grade: Grade
    iban: str
    region_note: str
    tax_number: str


class Account(msgspec.Struct, frozen=True):
    """Of the ledger."""

    id: str
    customer_id: str
    balance: int


class Order(msgspec.Struct, frozen=True):
    """Of the shop."""

    id: str
    customer_id: str
    price: int
    status: str


class File(msgspec.Struct, frozen=True):
    """Of the personnel department."""

    id: str
    customer_id: str
    remark: str


class Parcel(msgspec.Struct, frozen=True):
    """Of the carrier."""

    number: str
    status: str


class Page(msgspec.Struct, frozen=True):
    """Rows and how many there are."""

    items: Sequence[Any]
    total: int


NUMBERS = range(1, 4)
CUSTOMERS = {
    f"c{n}": Customer(
        f"c{n}", f"a{n}", f"name {n}", f"{n}@example.org", Grade.GOLD, f"DE-{n}", f"note-{n}", f"tax-{n}"
    )
    for n in NUMBERS
}
ACCOUNTS = {f"a{n}": Account(f"a{n}", f"c{n}", 70_000 + n) for n in NUMBERS}
ORDERS = {f"o{n}": Order(f"o{n}", f"c{(n - 1) // 2 + 1}", 5_000 + n, "sent") for n in range(1, 7)}
PARCELS = {f"p{n}": Parcel(f"p{n}", "way") for n in NUMBERS}
FILES = {f"f{n}": File(f"f{n}", f"c{n}", f"remark-{n}") for n in NUMBERS}


# ------------------------------------------------------------------------------------------------------ reads


class CountingRead:
    """A read by key that counts its calls."""

    source = SOURCE

    def __init__(self, name: str, answer: Callable[..., Any]) -> None:
        self.name = name
        self._answer = answer

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Any]:
        count(self.name)
        await asyncio.sleep(PAUSE_SECONDS.get())
        return [self._answer(key, **arguments) for key in ids]

    def selecting(self, attributes: frozenset[str]) -> Self:
        """See ByIds; it is not narrowed."""
        del attributes
        return self


class CountingPages(CountingRead):
    """A read of pages of many parents."""

    arguments = frozenset(("offset", "limit"))


class CountingList:
    """A read of everything that there is, which counts its calls."""

    source = SOURCE
    arguments: frozenset[str] = frozenset()

    def __init__(self, name: str, rows: dict[str, Any]) -> None:
        self.name = name
        self._rows = rows

    async def __call__(self) -> list[Any]:
        count(self.name)
        await asyncio.sleep(PAUSE_SECONDS.get())
        return list(self._rows.values())

    def selecting(self, attributes: frozenset[str]) -> Self:
        """See WholeList."""
        del attributes
        return self


def page_of(rows: list[Any], offset: int, limit: int) -> Page:
    """Some of the rows."""
    return Page(rows[offset : offset + limit], len(rows))


def rows_of(table: dict[str, Any], customer_id: str) -> list[Any]:
    """The rows of one customer."""
    return [row for row in table.values() if row.customer_id == customer_id]


customers = CountingRead("customers", CUSTOMERS.get)
accounts = CountingRead("accounts", ACCOUNTS.get)
orders = CountingRead("orders", ORDERS.get)
files = CountingRead("files", FILES.get)
referrers = CountingRead("referrers", lambda key: CUSTOMERS.get(f"c{int(key[1:]) + 1}"))
order_pages = CountingPages(
    "order pages", lambda key, offset, limit: page_of(rows_of(ORDERS, key), offset, limit)
)
file_pages = CountingPages(
    "file pages", lambda key, offset, limit: page_of(rows_of(FILES, key), offset, limit)
)
all_orders = CountingRead("all orders", lambda key: page_of(list(ORDERS.values()), *key))
all_files = CountingRead("all files", lambda key: page_of(list(FILES.values()), *key))
every_customer: Any = CountingList("every customer", CUSTOMERS)
every_account: Any = CountingList("every account", ACCOUNTS)
every_parcel: Any = CountingList("every parcel", PARCELS)
