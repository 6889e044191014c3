"""Accounting: transactions in the ledger.

Kind: REST, JSON in snake_case.
Owner: finance systems.
Docs: demo/accounting.py in this repository; in production the vendor's API reference.
Auth: HTTP Basic.
Quota: none published.
Errors: 401 wrong password, 422 a transaction that is none, or an idempotency key of another one.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from patchbay.calls import Basic
from patchbay.scalars import SafeInteger
from patchbay.upstreams import Rest

accounting = Rest(
    "accounting",
    base_url="ACCOUNTING_URL",
    credentials=Basic("ACCOUNTING_USER", "ACCOUNTING_PASSWORD"),
)


class Amount(msgspec.Struct, frozen=True):
    """An amount in the currency's minor unit."""

    cents: SafeInteger
    currency: str


class NewTransaction(msgspec.Struct, frozen=True):
    """What is to be booked for an order."""

    order_id: str
    customer_id: str
    amount: Amount


class Transaction(msgspec.Struct, frozen=True):
    """What was booked, and when."""

    id: str
    order_id: str
    amount: Amount
    booked_at: datetime


record_transaction = accounting.write("POST /transactions", Transaction, idempotency_header="Idempotency-Key")
