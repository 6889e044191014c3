"""Row 35: what an operation may cost is known before it runs, and is never less than what it comes to."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from math import ceil
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import httpx2
import msgspec
from structlog.testing import capture_logs

from adapters.payments import payment_records
from demo import data, events
from main import application
from patchbay.access.cost.guard import ASKING_HEADER, CostLimitExceeded
from patchbay.access.cost.model import CostModel
from patchbay.server import Settings
from patchbay.upstreams.webhook_fetching import Remembered
from schema import schema
from tests.access.cost_queries import Drawn, Queries
from tests.graph.signing import standard_delivery
from tests.promises.cost_mutants import broken
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World

SEED = 35
QUERIES = 10_000
FEW_QUERIES = 300
AT_ONCE = 4
PART = 50
"""Queries after which a mutant may have been found out."""

TOLD_ORDERS = 40
ORDERS = 400
SETTINGS = {"PATCHBAY_MAX_ALIASES": "1000", "PATCHBAY_MAX_DIRECTIVES": "1000", "PATCHBAY_MAX_DEPTH": "40"}
"""The limits of cost are the defaults; the others are in no query's way."""

IN_THE_INBOX = ("payments", "shipments")
"""Sources whose calls are statements of the inbox, and none to an upstream."""

GRAPHQL_SCHEMA = schema._schema  # noqa: SLF001 - it is offered under no other name


class Outcome(NamedTuple):
    """What became of one query.

    Args:
        told: of its cost.
        objects: in the answer. Each is worth one point in the reference graph; of introspection next to none.
        calls: that the operation has counted.
        sent: those of them that went to an upstream.
        is_refused: whether it was.
    """

    told: dict[str, Any]
    objects: int = 0
    calls: int = 0
    sent: int = 0
    is_refused: bool = False


async def bounded(world: World, conditions: Conditions) -> Seen:
    """Row 35."""
    seen = Seen()
    with broken(conditions.mutant), capture_logs() as logs:
        async with _graph(world) as client:
            for upstream in world.demo:
                upstream.reset()
            started = time.monotonic()
            outcomes = await _all(client, conditions, logs)
            _judge(outcomes, sum(sum(each.calls().values()) for each in world.demo), seen)
            seen.note(f"in {time.monotonic() - started:.0f} s", holds=True)
    return seen


def _judge(outcomes: Sequence[Outcome], made: int, seen: Seen) -> None:
    """Note the figures.

    Args:
        outcomes: of all queries.
        made: calls that came to the upstreams.
        seen: takes them.
    """
    ran = [each for each in outcomes if not each.is_refused]
    refused = len(outcomes) - len(ran)
    dear = sum(each.told["estimated"] < max(each.told["actual"], each.objects) for each in ran)
    seen.note(f"{dear} of {len(ran)} came to more points than was said", holds=not dear)
    many = sum(each.told["upstreamCalls"]["estimated"] < each.calls for each in ran)
    seen.note(f"{many} made more upstream calls", holds=not many)
    wrong = sum((each.told["actual"], each.told["upstreamCalls"]["made"]) != _real(each) for each in outcomes)
    seen.note(f"{wrong} were told another cost than theirs", holds=not wrong)
    beyond = made - sum(each.sent for each in ran)
    if len(outcomes) > PART:
        # A mutant that was found out at once has not come to the ones that ask for too much.
        text = f"{refused} were refused, and upstreams got {beyond} calls for them"
        seen.note(text, holds=refused > 0 and not beyond)
    points = [each.told["estimated"] / each.objects for each in ran if each.objects]
    calls = [each.told["upstreamCalls"]["estimated"] / each.calls for each in ran if each.calls]
    seen.note(f"said by real: points {_spread(points)}, calls {_spread(calls)}", holds=True)
    seen.note(f"{made} calls", holds=made > len(ran) / 2)


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):.1f} (one in ten {quantiles(ratios, n=10)[-1]:.1f} or more)"


def _real(outcome: Outcome) -> tuple[int, int]:
    return (outcome.objects, outcome.calls)


async def _all(client: httpx2.AsyncClient, conditions: Conditions, logs: list[Any]) -> list[Outcome]:
    """What became of all queries; of a mutant, until one tells that something is broken."""
    queries = iter(Queries(SEED, GRAPHQL_SCHEMA, _ids()))
    outcomes: list[Outcome] = []
    for _ in range(0, conditions.count(QUERIES, FEW_QUERIES), PART):
        logs.clear()
        bodies = await _part(client, islice(queries, PART))
        calls = {each["operation"]: each["calls"] for each in logs if each["event"] == "operation"}
        outcomes += [_outcome(body, calls.get(name, {})) for name, body in bodies.items()]
        if conditions.mutant and not all(map(_is_bounded, outcomes)):
            break
    return outcomes


def _is_bounded(outcome: Outcome) -> bool:
    told = outcome.told
    return outcome.is_refused or (
        told["estimated"] >= outcome.objects and told["upstreamCalls"]["estimated"] >= outcome.calls
    )


async def _part(client: httpx2.AsyncClient, drawn: Iterator[Drawn]) -> dict[str, Any]:
    """The answers to some queries by their names, several of them asked for at once."""
    bodies: dict[str, Any] = {}

    async def ask() -> None:
        for each in drawn:
            request = {"query": each.text, "variables": each.variables}
            response = await client.post("/graphql", json=request, headers={ASKING_HEADER: "1"})
            bodies[each.name] = response.json()

    async with asyncio.TaskGroup() as clients:
        for _ in range(AT_ONCE):
            clients.create_task(ask())
    return bodies


def _outcome(body: Any, calls: Mapping[str, int]) -> Outcome:
    """What became of a query.

    Args:
        body: the answer's.
        calls: upstream -> calls, as the log tells; empty where nothing has run.
    """
    if body.get("data") is None:
        (error,) = body["errors"]
        assert error["extensions"]["code"] == CostLimitExceeded.code, error
        return Outcome(error["extensions"]["cost"], is_refused=True)
    return Outcome(
        body["extensions"]["cost"],
        objects=_objects(body["data"]),
        calls=sum(calls.values()),
        sent=sum(number for source, number in calls.items() if source not in IN_THE_INBOX),
    )


def _objects(answer: Any) -> int:
    """How many objects stand in an answer, itself left out; a thousand of introspection count as one."""
    thousandths = 0
    pending = [(name, value, 1_000) for name, value in (answer or {}).items()]
    while pending:
        name, value, weight = pending.pop()
        if isinstance(value, list):
            pending += [(name, item, weight) for item in value]
        elif isinstance(value, dict):
            weight = 1 if name == "__schema" else weight
            thousandths += weight
            pending += [(inner, each, weight) for inner, each in value.items()]
    return ceil(thousandths / 1_000)


def _ids() -> dict[str, list[str]]:
    """Keys of records that there are, of which much is known."""
    told, newest = _told_orders(), list(islice(data.orders(), ORDERS))
    orders = [data.orders()[order_id] for order_id in newest]
    return {
        "Customer": [data.SHOWCASE_CUSTOMER, *sorted({order.customer_id for order in orders})],
        "Order": [*told, *newest],
        "Product": sorted({item.product_id for order in orders for item in order.items}),
        "Payment": [events.payment_id(order_id) for order_id in newest],
        "Shipment": [f"S{order_id[1:]}" for order_id in told],
    }


def _told_orders() -> list[str]:
    shipped = (order_id for order_id in data.orders() if events.versions("shipment", order_id))
    return list(islice(shipped, TOLD_ORDERS))


@asynccontextmanager
async def _graph(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the reference graph in this process, over the demo's upstreams, told of some shipments."""
    variables = {**world.demo.environment, **SETTINGS}
    variables["PATCHBAY_DATABASE"] = f"{world.folder}/cost-{time.monotonic_ns()}.sqlite3"
    # Reckoned anew, so that what is broken is broken from the start.
    model = CostModel(GRAPHQL_SCHEMA)
    fetching: Any = payment_records._table.fetching  # noqa: SLF001 - what it remembers is of another inbox
    with (
        patch.dict(os.environ, variables),
        patch.object(schema, "cost_model", model),
        patch.object(fetching, "_asked", Remembered()),
    ):
        app = application(Settings.read(variables))
        transport = httpx2.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            for order_id in _told_orders():
                event = events.event("shipment", order_id, events.versions("shipment", order_id))
                secret = variables["SHIPMENTS_WEBHOOK_SECRET"]
                delivery = standard_delivery(secret, event.id, msgspec.json.decode(event.body))
                response = await client.post("/webhooks/shipments", **delivery)
                assert response.is_success, response.text
            await _applied(client)
            yield client


async def _applied(client: httpx2.AsyncClient) -> None:
    """Until what was told can be read."""
    query = {"query": "{ shipments(first: 0) { totalCount } }"}
    found = None
    async with asyncio.timeout(10):
        while found != {"shipments": {"totalCount": TOLD_ORDERS}}:
            await asyncio.sleep(0.02)
            found = (await client.post("/graphql", json=query)).json()["data"]


ROWS = (
    Row(
        35,
        "cost",
        "static cost >= actual cost, always; a refused query makes 0 upstream calls; `extensions.cost`",
        f"{QUERIES:,} queries are drawn over the reference graph, with variables, aliases, fragments, `node` "
        "and pages of up to a hundred, and sent to it with `Patchbay-Cost: 1` and the default limits of "
        "cost. What `extensions.cost` says is compared with the objects of the answer and the calls in the "
        "log; the demo's upstreams count their calls as well.",
        bounded,
        {
            "lists-of-one": "every list counts as one item",
            "fragments-uncounted": "what stands in fragments is left out",
            "one-call-per-edge": "an edge counts as one call, however many objects have it",
            "fetching-unseen": "what is asked of a vendor when the inbox lacks it is left out",
            "variables-unread": "lengths in variables are taken for what is assumed without them",
            "nobody-refused": "operations run whatever they may cost",
        },
    ),
)
