"""Rows 9 and 10: calls that nobody waits for any more, and calls that many wait for."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.promises import operations
from tests.promises.load import outcomes
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.faults.proxy import FaultProxy
    from tests.promises.world import World

ASKED_SECONDS = 5.0
CLOSED_SECONDS = 0.25
IDENTICAL = 100
IDENTITIES: tuple[dict[str, str], ...] = (
    {"Authorization": "Bearer one"},
    {"Authorization": "Bearer two"},
    {},
)


async def until_asked(proxy: FaultProxy, requests: int) -> None:
    """Returns when so many requests are under way at the proxy."""
    async with asyncio.timeout(ASKED_SECONDS):
        # The proxy is another process, which tells only who asks.
        while proxy.counts().under_way < requests:  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


async def cancelled(world: World, conditions: Conditions) -> Seen:
    """Row 9."""
    clients = conditions.count(20, 10)
    seen = Seen()
    async with world.server("patient", mutant=conditions.mutant) as server:
        for first, (what, name, make) in enumerate(
            (
                ("fields of a root", "crm", operations.customer),
                ("edges", "erp", operations.stocked),
                ("the way by the routes", "crm", operations.by_the_routes),
            )
        ):
            proxy = world[name]
            await server.client.ask(make(0))
            proxy.fault("hang")
            proxy.reset()
            # No two are alike, nor like one of those before: they would be one call.
            numbers = range(first * 100 + 1, first * 100 + 1 + clients)
            asking = [asyncio.create_task(server.client.ask(make(number))) for number in numbers]
            await until_asked(proxy, clients)
            gone_at = time.monotonic()
            for each in asking:
                each.cancel()
            await asyncio.sleep(4 * CLOSED_SECONDS)
            took = [
                request.ended_at - gone_at
                for request in proxy.seen().requests
                if request.abandoned and request.ended_at
            ]
            last = f", the last after {max(took) * 1000:.0f} ms" if took else ""
            in_time = sum(each <= CLOSED_SECONDS for each in took)
            seen.note(f"{what}: {in_time} of {clients} closed{last}", holds=in_time == clients)
            proxy.heal()
    return seen


async def shared(world: World, conditions: Conditions) -> Seen:
    """Row 10."""
    crm = world["crm"]
    seen = Seen()
    async with world.server(mutant=conditions.mutant) as server:
        # Documents that nobody has sent before would take the server longer than the call does.
        for each in range(IDENTICAL):
            await server.client.ask(operations.worded(1, word=each))
        # So long that all are under way before the first is answered.
        crm.fault("delay", seconds=0.4)
        for number, (how, make) in enumerate(
            (("identical", operations.customer), ("alike, as other operations", operations.worded))
        ):
            crm.reset()
            answers = await asyncio.gather(
                *(
                    server.client.ask(make(7 + number, IDENTITIES[each % len(IDENTITIES)], word=each))
                    for each in range(IDENTICAL)
                )
            )
            calls = len(crm.seen().requests)
            fine = outcomes(answers)["fine"]
            seen.note(
                f"{IDENTICAL} {how}: {calls} calls for {len(IDENTITIES)} identities",
                holds=calls == len(IDENTITIES) and fine == IDENTICAL,
            )
    return seen


ROWS = (
    Row(
        9,
        "cancellation reaches the upstream",
        "upstream call closed within 250 ms",
        "Clients close their connections while an upstream hangs; the proxy before it says when each of "
        "its own is closed. Once it is the CRM below a field of the root, once the ERP below an edge, and "
        "once the CRM below an operation that does not take the direct way for JSON by POST.",
        cancelled,
        {"no-disconnect-watch": "nobody hears of a client that goes away"},
    ),
    Row(
        10,
        "single flight",
        "one upstream call per identity",
        f"{IDENTICAL} queries at once for what nobody has asked before, by clients of {len(IDENTITIES)} "
        "identities: the same query, and then queries of different text that need the same call.",
        shared,
        {
            "no-single-flight": "nobody joins a call that is under way",
            "one-identity": "all clients are taken for one",
        },
    ),
)
