"""`python -m bench.call_cost`: what the pipeline adds to a call that goes well, beside the call without it.

The upstream is a process on another core that answers 1 KB. Each case makes the same calls in turn, in rounds
that are interleaved; figures are medians of the rounds, in microseconds for one call: of CPU in this process,
and of the wall's clock. `bare` writes the same request and reads the answer over the same connections;
`aiohttp` is what a client library takes for that, with its timeout and its limit off.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import uvloop
from yarl import URL

from bench.measuring import LOAD_CORE, SERVER_CORE
from patchbay.address import parse_address
from patchbay.calls import Call, CallPolicy, Egress, Limits, Opened, PerSecond, Pipeline, Resources
from patchbay.calls.pool import Pool
from patchbay.calls.request import RequestWriter
from patchbay.scope import Scope, enter_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from multiprocessing.queues import Queue

ROUNDS = 9
CALLS = 4_000
AT_ONCE = 64

_REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024


class _Answering(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request; none has a body."""
        self._transport.write(_REPLY * data.count(b"\r\n\r\n"))


def _serve(ports: Queue[int]) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    os.sched_setaffinity(0, {LOAD_CORE})
    uvloop.run(main())


def _cases(
    url: str, calls: itertools.cycle[Call], session: aiohttp.ClientSession
) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Name -> one call. The first one is what the others are compared with."""
    address = parse_address(url)
    pool, writer = Pool("bench", address, 10**7, egress=Egress()), RequestWriter("bench", address, Opened())
    limits = Limits(concurrency=AT_ONCE)

    def pipeline(policy: CallPolicy, *, single_flight: bool = True) -> Callable[[], Awaitable[Any]]:
        made = Pipeline("bench", url, policy=policy, resources=Resources(single_flight=single_flight))
        return lambda: made.send(next(calls))

    async def by_aiohttp() -> None:
        async with session.get(URL(url + next(calls).target, encoded=True)) as response:
            await response.read()

    return {
        "bare": lambda: pool.exchange(writer.write(next(calls)), repeatable=True),
        "deadline and places": pipeline(CallPolicy(limits, retry=None, breaker=None), single_flight=False),
        "and breaker, retry budget": pipeline(CallPolicy(limits), single_flight=False),
        "and single flight (the default)": pipeline(CallPolicy(limits)),
        "and a declared quota": pipeline(CallPolicy(limits, quota=PerSecond(10**6))),
        "aiohttp": by_aiohttp,
    }


async def _round(make: Callable[[], Awaitable[Any]], at_once: int) -> tuple[float, float]:
    async def some() -> None:
        for _ in range(CALLS // at_once):
            await make()

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return (time.process_time() - cpu) / CALLS * 1e6, (time.perf_counter() - wall) / CALLS * 1e6


async def _measure(port: int) -> None:
    scope = Scope()
    scope.start_clock(3600)
    enter_scope(scope)
    targets = (f"/things?ids={number}" for number in range(4 * AT_ONCE))
    calls = itertools.cycle([Call("GET /things", "GET", target) for target in targets])
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout()) as session:
        await _compare(_cases(f"http://127.0.0.1:{port}", calls, session))


async def _compare(cases: dict[str, Callable[[], Awaitable[Any]]]) -> None:
    """Measure all, and print them beside the first."""
    for at_once in (1, AT_ONCE):
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, make in cases.items():
                seen[name].append(await _round(make, at_once))
        print(f"\n{at_once} at once | CPU us | + | share | wall us | + | share")
        bare = [statistics.median(each) for each in zip(*seen["bare"], strict=True)]
        for name, rounds in seen.items():
            cells = [name]
            for median, base in zip(map(statistics.median, zip(*rounds, strict=True)), bare, strict=True):
                cells += [f"{median:.1f}", f"{median - base:+.1f}", f"{(median / base - 1) * 100:+.0f} %"]
            print(" | ".join(cells))


def main() -> int:
    """The command; the exit code."""
    context = multiprocessing.get_context("spawn")
    ports: Queue[int] = context.Queue()
    upstream = context.Process(target=_serve, args=(ports,), daemon=True)
    upstream.start()
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        uvloop.run(_measure(ports.get(timeout=30)))
    finally:
        upstream.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
