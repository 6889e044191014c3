"""Row 35: what an operation may cost is known before it runs, and is never less than what it comes to."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from math import ceil
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import httpx2
import msgspec
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from demo import data, events
from main import application
from patchbay.access.cost import CostModel
from patchbay.access.cost_guard import CostGuard, CostLimitExceeded
from patchbay.scope import current_scope
from patchbay.server import Settings, operations
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
    async with _graph(world):
        with broken(conditions.mutant):
            for upstream in world.demo:
                upstream.reset()
            started = time.monotonic()
            outcomes = await _all(conditions)
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


async def _all(conditions: Conditions) -> list[Outcome]:
    """What became of all queries; of a mutant, until one tells that something is broken."""
    settings = Settings()
    model = CostModel(GRAPHQL_SCHEMA)
    guard = CostGuard(max_points=settings.max_cost, max_calls=settings.max_upstream_calls)
    queries = iter(Queries(SEED, GRAPHQL_SCHEMA, _ids()))
    outcomes: list[Outcome] = []
    for _ in range(0, conditions.count(QUERIES, FEW_QUERIES), PART):
        outcomes += await _part(guard, model, islice(queries, PART))
        if conditions.mutant and not all(map(_is_bounded, outcomes)):
            break
    return outcomes


def _is_bounded(outcome: Outcome) -> bool:
    told = outcome.told
    return outcome.is_refused or (
        told["estimated"] >= outcome.objects and told["upstreamCalls"]["estimated"] >= outcome.calls
    )


async def _part(guard: CostGuard, model: CostModel, drawn: Iterator[Drawn]) -> list[Outcome]:
    """What became of some queries, several of them at once."""
    outcomes: list[Outcome] = []

    async def client() -> None:
        for each in drawn:
            # In a task of its own, as each request is: the scope belongs to it.
            outcome = await asyncio.create_task(_asked(guard, model, each))
            outcomes.append(outcome)

    async with asyncio.TaskGroup() as clients:
        for _ in range(AT_ONCE):
            clients.create_task(client())
    return outcomes


async def _asked(guard: CostGuard, model: CostModel, drawn: Drawn) -> Outcome:
    document = parse(drawn.text)
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    try:
        charge = guard.admit(model.of(operation, fragments), drawn.variables, "")
    except CostLimitExceeded as error:
        return Outcome(error.cost, is_refused=True)
    result = await schema.execute(drawn.text, variable_values=drawn.variables)
    assert result.data is not None, (result.errors, drawn)
    scope = current_scope()
    return Outcome(
        charge.settle(result.data, scope),
        objects=_objects(result.data),
        calls=sum(scope.calls.values()),
        sent=sum(number for (source, _), number in scope.calls.items() if source not in IN_THE_INBOX),
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
    told = _told_orders()
    orders = [data.orders()[order_id] for order_id in told]
    return {
        "Customer": [data.SHOWCASE_CUSTOMER, *sorted({order.customer_id for order in orders})],
        "Order": told,
        "Product": sorted({item.product_id for order in orders for item in order.items}),
        "Payment": [events.payment_id(order_id) for order_id in told],
        "Shipment": [f"S{order_id[1:]}" for order_id in told],
    }


def _told_orders() -> list[str]:
    shipped = (order_id for order_id in data.orders() if events.versions("shipment", order_id))
    return list(islice(shipped, TOLD_ORDERS))


@asynccontextmanager
async def _graph(world: World) -> AsyncIterator[None]:
    """The reference graph in this process, over the demo's upstreams, told of some shipments."""
    variables = {**world.demo.environment, "PATCHBAY_DATABASE": f"{world.folder}/cost-{time.monotonic_ns()}"}
    # A line for each query is more than anybody reads.
    with patch.dict(os.environ, variables), patch.object(operations, "is_logged", lambda: False):
        app = application(Settings.read(variables))
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                for order_id in _told_orders():
                    event = events.event("shipment", order_id, events.versions("shipment", order_id))
                    secret = variables["SHIPMENTS_WEBHOOK_SECRET"]
                    delivery = standard_delivery(secret, event.id, msgspec.json.decode(event.body))
                    response = await client.post("/webhooks/shipments", **delivery)
                    assert response.is_success, response.text
            await _applied()
            yield


async def _applied() -> None:
    """Until what was told can be read."""
    query = "{ shipments(first: 0) { totalCount } }"
    async with asyncio.timeout(10):
        found = None
        while found != {"shipments": {"totalCount": TOLD_ORDERS}}:
            await asyncio.sleep(0.02)
            found = (await schema.execute(query)).data


ROWS = (
    Row(
        35,
        "cost",
        "static cost >= actual cost, always; a refused query makes 0 upstream calls; `extensions.cost`",
        f"{QUERIES:,} queries are drawn over the reference graph, with variables, aliases, fragments, `node` "
        "and pages of up to a hundred, and run against the demo's upstreams with the default limits. What is "
        "said of each before it runs is compared with the objects of its answer and the calls that it has "
        "made; the upstreams count their calls as well.",
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
