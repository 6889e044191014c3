"""Q6: the reference graph, `python main.py`, over the demo, with the query that reads from all upstreams."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from bench.asking import WrongAnswer, ask
from bench.cases import SMALL, Case
from bench.contestants import OURS, Contestant
from bench.measuring import SERVER_CORE, Plan, Subject, measure
from bench.processes import HOST, ROOT, Process, free_port
from demo.launch import NAMES, Demo

if TYPE_CHECKING:
    from pathlib import Path

    from bench.results import Row

TOLD_SECONDS: Final = 30.0
"""How long the demo's sender may take to tell all of the customer that the query is about."""

Q6: Final = Case(
    "Q6",
    "the reference graph: a customer, their orders, stock, payments, shipments and the weather",
    (ROOT / "docs" / "examples" / "01-customer.graphql").read_text(),
    SMALL,
)


def measure_reference(plan: Plan, folder: Path) -> list[Row]:
    """Q6's row. The demo's upstreams run where this process does: on the load generator's core.

    Raises:
        WrongAnswer: the answer has errors, or the sender did not tell all in time.
    """
    with Demo() as demo:
        port = free_port()
        environment = {
            **demo.environment,
            "PORT": str(port),
            "PATCHBAY_DATABASE": str(folder / "reference.sqlite3"),
            "PATCHBAY_SINGLE_FLIGHT": "off",
            "PATCHBAY_GRAPHIQL": "false",
            "PATCHBAY_LOG_LEVEL": "warning",
        }
        command = [sys.executable, "main.py"]
        contestant = Contestant(OURS, "off", lambda *_: command, lambda *_: environment, (Q6,))
        server = Process(OURS, command, port=port, core=SERVER_CORE, environment=environment, folder=folder)
        with server:
            sender = demo.start_sender(f"http://{HOST}:{port}")
            end = time.monotonic() + TOLD_SECONDS
            while not sender.told():
                if time.monotonic() > end:
                    raise WrongAnswer(f"the demo's sender did not tell all within {TOLD_SECONDS:g} s")
                time.sleep(0.1)
            demo.stop_senders()
            if errors := ask(port, Q6.query).get("errors"):
                raise WrongAnswer(f"Q6 has errors: {errors}")
            return measure([(Subject(contestant, server, lambda: _take_calls(demo)), Q6)], plan, folder)


def _take_calls(demo: Demo) -> int:
    """Calls of all the demo's upstreams since the last time."""
    total = sum(sum(demo[name].calls().values()) for name in NAMES)
    for name in NAMES:
        demo[name].reset()
    return total
