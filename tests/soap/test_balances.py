"""Balances of the ERP: converted exactly, and one that cannot be is wrong in its own row only."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.erp import Balance, StockLevel
from patchbay.errors import UpstreamBadData
from patchbay.upstreams.soap_rows import Rows


def balance(number: str, amount: str, currency: str = "EUR") -> SimpleNamespace:
    return SimpleNamespace(CustomerNumber=number, Amount=Decimal(amount), Currency=currency)


def read(*rows: SimpleNamespace) -> tuple[list[Balance], Mapping[Any, object]]:
    response = SimpleNamespace(Balances=SimpleNamespace(Balance=list(rows)))
    matched = Rows("erp", Balance, "Balances.Balance", "customer_number").all(response)
    return list(matched.records), matched.errors


@pytest.mark.parametrize(
    ("amount", "currency", "cents"),
    [
        ("19.99", "EUR", 1999), ("-0.01", "EUR", -1), ("19.9900", "EUR", 1999), ("0E+400000", "EUR", 0),
        ("1500", "JPY", 1500), ("1500.00", "JPY", 1500), ("1.234", "KWD", 1234), ("1E+3", "EUR", 100_000),
        ("90071992547409.91", "EUR", 2**53 - 1), ("-90071992547409.91", "EUR", 1 - 2**53),
    ],
)  # fmt: skip
def test_an_amount_becomes_minor_units_of_its_currency(amount: str, currency: str, cents: int) -> None:
    records, errors = read(balance("K1", amount, currency))
    assert ([record.cents for record in records], errors) == ([cents], {})


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("NaN", "EUR"), ("sNaN", "EUR"), ("Infinity", "EUR"), ("-Infinity", "EUR"), ("1E+400000", "EUR"),
        ("1E-400000", "EUR"), ("19.999", "EUR"), ("0.5", "JPY"), ("1.2345", "KWD"),
        ("90071992547409.92", "EUR"), ("9007199254740992", "JPY"), ("1", "euro"), ("1", ""),
    ],
)  # fmt: skip
def test_an_amount_that_cannot_be_held_is_wrong_in_its_row_only(amount: str, currency: str) -> None:
    started = time.monotonic()
    records, errors = read(balance("K1", "1.00"), balance("K2", amount, currency), balance("K3", "2"))
    assert time.monotonic() - started < 0.5
    assert [record.customer_number for record in records] == ["K1", "K3"]
    (error,) = errors.values()
    assert list(errors) == ["K2"]
    assert isinstance(error, UpstreamBadData)
    assert error.path.startswith("$.Balances.Balance[1]")


def test_stock_that_graphql_cannot_count_is_wrong_in_its_row_only() -> None:
    levels = [SimpleNamespace(Sku=str(n), OnHand=2**31 - 1 + n, Warehouse="W") for n in range(2)]
    matched = Rows("erp", StockLevel, "Level", "sku").all(SimpleNamespace(Level=levels))
    assert [record.on_hand for record in matched.records] == [2**31 - 1]
    assert [type(error) for error in matched.errors.values()] == [UpstreamBadData]
