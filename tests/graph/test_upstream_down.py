"""One upstream fails: the rest of the answer stays, and the failure is a coded error at its path.

Several calls of one query may fail, so that the breaker opens before the last of them.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from demo.launch import Demo
from tests.graph.test_whole_query import EXAMPLE
from tests.serving import GraphServer

# What each upstream is responsible for in the query, as the end of a path.
FIELDS = {
    "shop": {"orders", "product"},
    "erp": {"balance", "stock"},
    "weather": {"weather"},
    "crm": {"customer"},
}

OPEN = {"UPSTREAM_CIRCUIT_OPEN"}

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "answers 503": ({"mode": "fail", "status": 503}, "UPSTREAM_UNAVAILABLE"),
    "answers 403": ({"mode": "fail", "status": 403}, "UPSTREAM_REFUSED"),
    "answers 429": ({"mode": "fail", "status": 429}, "UPSTREAM_QUOTA"),
    "sends broken data": ({"mode": "garbage"}, "UPSTREAM_BAD_DATA"),
    "sends HTML": ({"mode": "html"}, "UPSTREAM_BAD_DATA"),
    "closes without an answer": ({"mode": "reset"}, "UPSTREAM_UNAVAILABLE"),
    "sends too much": ({"mode": "big", "bytes": 11 * 1024 * 1024}, "UPSTREAM_TOO_LARGE"),
}


def failing(answer: Any, source: str) -> set[str]:
    """The fields at which this upstream's errors stand; every error is its."""
    assert {error["extensions"]["source"] for error in answer.errors} == {source}
    return {error["path"][-1] for error in answer.errors}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("source", FIELDS)
def test_the_rest_of_the_answer_stays(graph: GraphServer, demo: Demo, source: str, fault: str) -> None:
    spec, code = FAULTS[fault]
    demo[source].fault(**spec)
    answer = graph.execute(EXAMPLE)
    assert answer.status == 200
    assert answer.codes - OPEN == {code}
    assert failing(answer, source) <= FIELDS[source]
    customer = answer.body["data"]["customer"]
    if source == "crm":
        assert customer is None
    else:
        assert customer["name"]
        assert (customer["balance"] is None) == (source == "erp")
        assert (customer["orders"] is None) == (source == "shop")


@pytest.mark.parametrize("source", FIELDS)
def test_an_upstream_that_is_not_there(graph: GraphServer, demo: Demo, source: str) -> None:
    demo[source].stop()
    answer = graph.execute(EXAMPLE)
    assert answer.codes - OPEN == {"UPSTREAM_UNAVAILABLE"}
    assert failing(answer, source) <= FIELDS[source]
    demo[source].start()
    graph.wait_until_circuits_are_closed()
    assert "errors" not in graph.execute(EXAMPLE).body or not graph.execute(EXAMPLE).body["errors"]


@pytest.mark.parametrize("mode", ["slow", "hang"])
def test_an_upstream_that_hangs_fails_at_its_deadline(graph: GraphServer, demo: Demo, mode: str) -> None:
    demo["weather"].fault(mode=mode, **({"seconds": 20} if mode == "slow" else {}))
    started = time.monotonic()
    answer = graph.execute(
        """{ customer(id: "C1007") { name orders(first: 2) { edges { node {
            shipment { weather { observedAt } }
        } } } } }"""
    )
    assert answer.codes == {"UPSTREAM_TIMEOUT"}
    assert failing(answer, "weather") == {"weather"}
    assert answer.body["data"]["customer"]["name"]
    assert 4.5 < time.monotonic() - started < 7


@pytest.mark.parametrize("operation", ["GET /products", "GetStockLevels", "GET /customers"])
def test_a_wrong_row_hurts_only_its_key(graph: GraphServer, demo: Demo, operation: str) -> None:
    source = {"GET /products": "shop", "GetStockLevels": "erp", "GET /customers": "crm"}[operation]
    demo[source].fault(mode="wrong", operation=operation)
    answer = graph.execute(
        """{
            a: product(id: "P0001") { ...p } b: product(id: "P0002") { ...p }
            c: product(id: "P0003") { ...p } d: customer(id: "C1001") { ...c }
            e: customer(id: "C1002") { ...c } f: customer(id: "C1003") { ...c }
        }
        fragment p on Product { name stock { onHand } }
        fragment c on Customer { name }"""
    )
    assert answer.error["extensions"]["code"] == "UPSTREAM_BAD_DATA"
    assert answer.error["extensions"]["source"] == source
    assert "[1]" in answer.error["extensions"]["path"]
    data = answer.body["data"]
    wrong = [name for name, value in data.items() if value is None or value.get("stock", 0) is None]
    assert len(wrong) == 1


def test_errors_hold_no_payload_no_address_and_no_credential(graph: GraphServer, demo: Demo) -> None:
    for source in FIELDS:
        for spec, _ in FAULTS.values():
            if spec["mode"] == "big":
                continue
            demo[source].fault(**spec)
            text = str(graph.execute(EXAMPLE).body["errors"])
            assert "127.0.0.1" not in text
            assert "<html" not in text.lower()
            for value in demo.environment.values():
                assert value not in text
            demo[source].heal()
    log = "".join(graph.text)
    for name, value in demo.environment.items():
        if not name.endswith(("_URL", "_WSDL")):
            assert value not in log
