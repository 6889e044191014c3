"""Row 35: what an operation may cost is known before it runs, and is never less than what it comes to."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import httpx2
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from demo import data, events
from main import application
from patchbay.access.cost import CostModel
from patchbay.access.cost_guard import CostGuard, CostLimitExceeded
from patchbay.scope import current_scope
from patchbay.server import Settings
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
            await _measured(world, conditions.count(QUERIES, FEW_QUERIES), seen)
    return seen


async def _measured(world: World, count: int, seen: Seen) -> None:
    for upstream in world.demo:
        upstream.reset()
    started = time.monotonic()
    outcomes = await _all(count)
    seconds = time.monotonic() - started
    ran = [each for each in outcomes if not each.is_refused]
    refused = len(outcomes) - len(ran)
    dear = sum(each.told["estimated"] < max(each.told["actual"], each.objects) for each in ran)
    seen.note(f"{dear} of {len(ran)} came to more points than was said", holds=not dear)
    many = sum(each.told["upstreamCalls"]["estimated"] < each.calls for each in ran)
    seen.note(f"{many} made more upstream calls", holds=not many)
    wrong = sum((each.told["actual"], each.told["upstreamCalls"]["made"]) != _real(each) for each in outcomes)
    seen.note(f"{wrong} were told another cost than theirs", holds=not wrong)
    made = sum(sum(upstream.calls().values()) for upstream in world.demo)
    beyond = made - sum(each.sent for each in ran)
    seen.note(f"{refused} were refused, and upstreams got {beyond} calls for them", holds=refused > 0 == beyond)
    points = median(each.told["estimated"] / each.objects for each in ran if each.objects)
    calls = median(each.told["upstreamCalls"]["estimated"] / each.calls for each in ran if each.calls)
    seen.note(f"said by real, median: {points:.1f} in points, {calls:.1f} in calls", holds=True)
    seen.note(f"{made} calls in {seconds:.0f} s", holds=made > len(ran))


def _real(outcome: Outcome) -> tuple[int, int]:
    return (outcome.objects, outcome.calls)


async def _all(count: int) -> list[Outcome]:
    settings = Settings()
    model = CostModel(GRAPHQL_SCHEMA)
    guard = CostGuard(max_points=settings.max_cost, max_calls=settings.max_upstream_calls)
    drawn = islice(Queries(SEED, GRAPHQL_SCHEMA, _ids()), count)
    outcomes: list[Outcome] = []

    async def client() -> None:
        for each in drawn:
            # In a task of its own, as each request is: the scope belongs to it.
            outcomes.append(await asyncio.create_task(_asked(guard, model, each)))

    async with asyncio.TaskGroup() as clients:
        for _ in range(AT_ONCE):
            clients.create_task(client())
    return outcomes


async def _asked(guard: CostGuard, model: CostModel, drawn: Drawn) -> Outcome:
    document = parse(drawn.text)
    problems = validate(GRAPHQL_SCHEMA, document)
    assert not problems, (problems, drawn.text)
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    try:
        charge = guard.admit(model.of(operation, fragments), drawn.variables, "")
    except CostLimitExceeded as error:
        return Outcome(error.cost, is_refused=True)
    result = await schema.execute(drawn.text, variable_values=drawn.variables)
    scope = current_scope()
    return Outcome(
        charge.settle(result.data, scope),
        objects=_objects(result.data),
        calls=sum(scope.calls.values()),
        sent=sum(number for (source, _), number in scope.calls.items() if source not in IN_THE_INBOX),
    )


def _objects(answer: Any) -> int:
    """How many objects stand in an answer, itself left out; those of introspection are worth a point in all."""
    total = 0
    pending = list((answer or {}).items())
    introspection = 0
    while pending:
        name, value = pending.pop()
        if name == "__schema":
            introspection = 1
        elif isinstance(value, list):
            pending += [(name, item) for item in value]
        elif isinstance(value, dict):
            total += 1
            pending += value.items()
    return total + introspection


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
    with patch.dict(os.environ, variables):
        app = application(Settings.read(variables))
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                for order_id in _told_orders():
                    event = events.event("shipment", order_id, events.versions("shipment", order_id))
                    secret = variables["SHIPMENTS_WEBHOOK_SECRET"]
                    delivery = standard_delivery(secret, event.event_id, _decoded(event.body))
                    response = await client.post("/webhooks/shipments", **delivery)
                    assert response.is_success, response.text
            await _applied()
            yield


