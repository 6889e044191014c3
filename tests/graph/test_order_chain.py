"""The order chain of the graph: an order is placed, and stock, label, booking and message follow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from demo.launch import Demo
from tests.server.chain import SYSTEMS, Chain, until
from tests.serving import ROOT

# Each test places another order: for one that was placed before the systems know the keys.
ORDER, LATE_ORDER, REFUSED_ORDER = "O103194", "O103185", "O103179"
SOLD_OUT = "O103101"
"""One of its lines asks for more than lies in the warehouse."""


def step_states(tmp_path: Path) -> list[tuple[str, str, int]]:
    """(name, state, tries) of the only reaction, as an operator sees it at a terminal."""
    listed = subprocess.run(
        [sys.executable, "-m", "patchbay", "reactions", "list", "--json"],
        cwd=ROOT,
        env={**os.environ, "PATCHBAY_DATABASE": str(tmp_path / "inbox.sqlite3")},
        capture_output=True,
        check=True,
    )
    (reaction,) = json.loads(listed.stdout)
    return [(each["name"], each["state"], each["attempts"]) for each in reaction["steps"]]


def test_an_order_that_is_placed_is_reserved_labelled_booked_and_told(demo: Demo, tmp_path: Path) -> None:
    chain = Chain(demo, tmp_path / "inbox.sqlite3", ORDER)
    with chain.serving():
        chain.place()
        chain.until_done()
        (label,) = chain.happened("carrier")
        (booking,) = chain.happened("accounting")
        (message,) = chain.happened("chat")
        reservations = chain.happened("erp")
        assert label["orderId"] == booking["order_id"] == ORDER
        assert message["text"] == (
            f"Order {ORDER}: {len(reservations)} items set aside, parcel {label['trackingNumber']}"
        )
        # Once for each order, whatever else the shop sends about it.
        chain.place(event_id="msg_another")
        until(lambda: len(chain.events()) == 2 and set(chain.events()) == {"applied"})
        assert chain.states() == ["done"]
        assert [step[:2] for step in step_states(tmp_path)] == [
            ("reserve_stock", "done"),
            ("create_label", "done"),
            ("record_transaction", "done"),
            ("notify_team", "done"),
        ]
    assert chain.times() == {system: {1} for system in SYSTEMS}


def test_a_system_that_is_down_is_called_again_and_the_others_wait_for_it(demo: Demo, tmp_path: Path) -> None:
    chain = Chain(demo, tmp_path / "inbox.sqlite3", LATE_ORDER)
    with chain.serving():
        demo["carrier"].fault(mode="lose")
        chain.place()
        chain.until_carried_out("carrier")
        until(lambda: demo["carrier"].calls()["POST /labels"] == 2)
        assert not chain.happened("accounting")
        demo["carrier"].heal()
        chain.until_done()
    assert chain.times() == {system: {1} for system in SYSTEMS}


def test_a_refusal_ends_the_chain_where_it_is_and_an_operator_goes_on(demo: Demo, tmp_path: Path) -> None:
    chain = Chain(demo, tmp_path / "inbox.sqlite3", REFUSED_ORDER)
    with chain.serving():
        demo["accounting"].fault(mode="fail", status=403)
        chain.place()
        until(lambda: chain.states() == ["failed"])
        assert not chain.happened("chat")
        assert step_states(tmp_path)[2] == ("record_transaction", "failed", 1)
        assert chain.server.request("GET", "/health/reactions").json()["failed"] == 1
        demo["accounting"].heal()
        subprocess.run(
            [sys.executable, "-m", "patchbay", "reactions", "retry", "1"],
            cwd=ROOT,
            env={**os.environ, "PATCHBAY_DATABASE": str(tmp_path / "inbox.sqlite3")},
            capture_output=True,
            check=True,
        )
        chain.until_done()
    assert chain.times() == {system: {1} for system in SYSTEMS}


def test_what_is_sold_out_is_neither_sent_nor_booked_and_an_operator_sees_why(
    demo: Demo, tmp_path: Path
) -> None:
    chain = Chain(demo, tmp_path / "inbox.sqlite3", SOLD_OUT)
    with chain.serving():
        chain.place()
        until(lambda: chain.states() == ["failed"])
        assert step_states(tmp_path)[0] == ("reserve_stock", "failed", 1)
    assert not any(chain.happened(system) for system in ("carrier", "accounting", "chat"))
