"""Variables are measured before they are coerced."""

from __future__ import annotations

import time
from typing import Any

import pytest

from patchbay.access.limits.checks import Limits, check_values
from patchbay.errors import LimitExceeded

FAST_SECONDS = 0.05


def _deep(depth: int, wrap: Any) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ([1] * 1_001, "list_items"),
        ({"a": {"b": [[], [1] * 1_001]}}, "list_items"),
        ([[1] * 500] * 500, "values"),
        (["x"] * 64_000, "list_items"),
        ({str(number): number for number in range(10_001)}, "values"),
        (_deep(101, lambda value: [value]), "nesting"),
        (_deep(1_000, lambda value: {"a": value}), "nesting"),
        (_deep(100_000, lambda value: [value]), "nesting"),
    ],
)  # fmt: skip
def test_too_much_is_refused_at_once(value: Any, limit: str) -> None:
    began = time.process_time()
    with pytest.raises(LimitExceeded) as refused:
        check_values({"a": 1, "b": value}, Limits())
    assert time.process_time() - began < FAST_SECONDS
    assert refused.value.limit == limit


@pytest.mark.parametrize("variables", [None, {}, {"a": [1] * 1_000, "b": _deep(98, lambda value: [value])}])
def test_what_clients_send_passes(variables: dict[str, Any] | None) -> None:
    check_values(variables, Limits())
