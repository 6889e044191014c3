"""Role x field x path: each client sees what it may, and nothing is called for what it may not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.access.asking import Told, ask, identity

TABLE: dict[str, Any] = msgspec.yaml.decode((Path(__file__).parent / "authorization.yaml").read_bytes())
ROLES: dict[str, dict[str, Any]] = TABLE["roles"]
CODE = "UNAUTHORIZED_FIELD_OR_TYPE"


def may_see(role: str, sees: Any) -> bool:
    return sees == "all" or role in sees


def calls(*counts: Mapping[str, int] | None) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each or {})
    return dict(total)


def check(told: Told, *, holds: str, sees: bool, others_fail: bool = False) -> None:
    """The answer holds what is to be seen, or tells why it does not."""
    text = json.dumps(told.data)
    assert (holds in text) == sees, text
    assert told.codes <= {CODE}, told.errors
    if not sees:
        assert told.errors
    elif not others_fail:
        assert not told.errors, told.errors
    assert all(error["path"] for error in told.errors)


@pytest.mark.parametrize("field", TABLE["fields"])
@pytest.mark.parametrize("path", TABLE["paths"])
async def test_fields_by_every_path_and_role(field: str, path: str) -> None:
    what, way = TABLE["fields"][field], TABLE["paths"][path]
    query = way["query"].replace("FIELD", what["select"])
    for role, proven in ROLES.items():
        arrives = may_see(role, way.get("only", "all"))
        sees = arrives and may_see(role, what["sees"])
        told = await ask(
            identity(**proven), query, way.get("variables"), way.get("operation"), streams="streams" in way
        )
        check(told, holds=what["holds"], sees=sees, others_fail="others fail" in way)
        below = what.get("calls") if sees else what.get("calls when denied")
        # Each event of a subscription, and each row that comes by itself, is read by itself.
        times = way.get("events", 3 if "per row" in way else 1)
        expected = calls(way["calls"], {name: count * times for name, count in (below or {}).items()})
        assert told.calls == (expected if arrives else {}), (role, query)


@pytest.mark.parametrize("operation", TABLE["operations"], ids=lambda operation: operation["query"])
async def test_operations_by_every_role(operation: dict[str, Any]) -> None:
    for role, proven in ROLES.items():
        sees = may_see(role, operation["sees"])
        told = await ask(identity(**proven), operation["query"], streams="streams" in operation)
        check(told, holds=operation["holds"], sees=sees, others_fail="others fail" in operation)
        denied = {} if role in operation.get("untouched by", ()) else operation.get("calls when denied", {})
        assert told.calls == (operation["calls"] if sees else denied), role


def test_the_table_is_as_large_as_it_says() -> None:
    by_path = len(TABLE["fields"]) * len(TABLE["paths"])
    assert (by_path + len(TABLE["operations"])) * len(ROLES) > 2_500
