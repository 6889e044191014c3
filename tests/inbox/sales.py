"""Sales: records with an attribute of each scalar, kept by the inbox and read back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Literal

import msgspec
import pytest

from patchbay.inbox import Arrival, Inbox
from patchbay.inbox.database.postgres import PostgresConnection
from patchbay.inbox.database.sql import Sql
from patchbay.inbox.database.sqlite import SqliteConnection
from patchbay.inbox.signatures import StripeSignature
from patchbay.upstreams import Gone, Webhook, WebhookRecords
from patchbay.upstreams.base import Runtime
from tests.inbox.vendor import environment

Status = Literal["open", "paid", "void"]


class Money(msgspec.Struct, frozen=True):
    cents: int
    currency: str = "EUR"


class Sale(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    version: int = 1
    order_id: str | None = None
    status: Status = "open"
    amount: Money | None = None
    paid_at: datetime | None = None
    weight: float | None = None
    is_gift: bool = False
    note: str = ""
    day: date | None = None
    as_of: datetime | None = None


class SaleEvent(msgspec.Struct, frozen=True):
    type: str
    data: msgspec.Raw


def sale_from_event(event: SaleEvent) -> Sale | Gone | None:
    sale = msgspec.json.decode(event.data, type=Sale)
    return Gone(sale.id, sale.version) if event.type == "sale.deleted" else sale


FILTERS = ("status", "amount.cents", "paid_at", "weight", "is_gift", "note", "day", "order_id")
ORDERS = ("status", "amount.cents", "paid_at", "weight", "note", "day", "version")


def sales_webhook(name: str = "sales", **declared: Any) -> tuple[Webhook, WebhookRecords[Sale]]:
    webhook = Webhook(name, signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))
    facts: dict[str, Any] = {
        "event": SaleEvent,
        "build": sale_from_event,
        "key": "id",
        "version": "version",
        "lookups": ("order_id",),
        "filters": FILTERS,
        "orders": ORDERS,
        **declared,
    }
    return webhook, webhook.records(Sale, **facts)


async def opened(inbox: Inbox, name: str = "sales", **declared: Any) -> WebhookRecords[Sale]:
    """The records of a webhook that stays open as long as the inbox."""
    webhook, records = sales_webhook(name, **declared)
    await webhook.open(Runtime(environment(), inbox))
    # Waits until the lookups are what was declared.
    await records.pages()([()], offset=0, limit=0)
    return records


async def fill(inbox: Inbox, records: WebhookRecords[Sale], sales: Iterable[Sale]) -> None:
    """Keep them as if they had been fetched, which is one transaction."""
    shape = records._shape  # noqa: SLF001 - the way of an event to the table, without its event
    await inbox.keep([shape.change_of(sale) for sale in sales], as_of=time.time())


async def tell(inbox: Inbox, sale: Sale, type_: str = "sale.changed", *, name: str = "sales") -> None:
    """An event about it."""
    body = msgspec.json.encode({"type": type_, "data": msgspec.Raw(msgspec.json.encode(sale))})
    await inbox.store(name, Arrival(f"{sale.id}-{sale.version}-{type_}-{time.monotonic_ns()}", body, type_))


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that read records, on either database, as they are run."""
    seen: list[str] = []
    for connection in (SqliteConnection, PostgresConnection):

        def run(self: Any, statement: Sql, values: Any = None, real: Any = connection.run) -> Any:
            text = statement.sqlite.strip()
            if text.startswith("SELECT") and "records" in text:
                seen.append(text)
            return real(self, statement, values)

        monkeypatch.setattr(connection, "run", run)
    yield seen
