"""The payment provider on the wire."""

import json
from itertools import islice

import pytest

from demo import data, events
from demo.launch import Demo
from tests.demo.wire import Wire

PAID = [each for each in islice(data.orders(), 2_000, 2_100) if events.versions("payment", each)]
UNPAID = next(each for each in data.orders() if not events.versions("payment", each))


def test_payments_are_found_by_order_in_another_order_without_unknown_ones(demo: Demo, psp: Wire) -> None:
    rows = psp.get("/payments", order_ids=f"{PAID[0]},O1,{UNPAID},{PAID[1]},{PAID[0]}").json
    assert [row["order_id"] for row in rows] == [PAID[1], PAID[0]]
    assert demo["psp"].calls() == {"GET /payments": 1}


def test_each_tells_the_newest_event_that_is_sent(psp: Wire) -> None:
    for row in psp.get("/payments", order_ids=",".join(PAID[:50])).json:
        newest = events.event("payment", row["order_id"], events.versions("payment", row["order_id"]))
        assert row["last_event"] == json.loads(newest.body)
        assert row["id"] == row["last_event"]["data"]["object"]["id"]


def test_the_id_finds_the_same(psp: Wire) -> None:
    by_order = psp.get("/payments", order_ids=",".join(PAID[:3])).json
    ids = [row["id"] for row in by_order]
    assert psp.get("/payments", ids=",".join(["pi_none", *ids])).json == by_order[::-1]


@pytest.mark.parametrize("name", ["ids", "order_ids"])
def test_at_most_100_keys(psp: Wire, name: str) -> None:
    keys = [f"K{number}" for number in range(101)]
    assert psp.get("/payments", **{name: ",".join(keys[:100])}).json == []
    assert psp.get("/payments", **{name: ",".join(keys)}).status == 400


def test_a_wrong_token_is_refused(psp: Wire) -> None:
    psp.headers["authorization"] = "Bearer wrong"
    assert psp.get("/payments", order_ids=PAID[0]).status == 401
