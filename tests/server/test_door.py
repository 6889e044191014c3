"""The door: who is refused while too much is under way, who never is, and what overload comes to."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx2
import pytest
import uvloop

from patchbay.server.door import LEAST, TICK_SECONDS, Door
from tests.load import BUSY, Phase, Sample, between, fine, percentile, refused, run
from tests.patchbay.wire import silence
from tests.server.things import asking, named, post, read_answer, running
from tests.serving import GraphServer

HANGING = '{ thing(id: "1") { name } }'


async def reaches(door: Door, number: int) -> None:
    """Until so many operations are under way."""
    async with asyncio.timeout(5):
        while door.under_way != number:  # noqa: ASYNC110 - a door has no event for that
            await asyncio.sleep(0.01)


# ------------------------------------------------------------------------------------------ the hard limit


async def test_the_limit_is_on_what_is_under_way_at_once(tmp_path: Path) -> None:
    async with running(silence, tmp_path, PATCHBAY_MAX_OPERATIONS="2") as server:
        async with (
            asking(server.port, post(HANGING)),
            asking(server.port, post('{ thing(id: "2") { id } }')),
        ):
            await reaches(server.door, 2)
            async with asking(server.port, post("{ kept }")) as reader:
                assert (await read_answer(reader))[0] == BUSY
        await reaches(server.door, 0)
        async with asking(server.port, post("{ kept }")) as reader:
            assert (await read_answer(reader))[0] == 200


async def test_who_shares_an_answer_takes_no_place(tmp_path: Path) -> None:
    async with (
        running(silence, tmp_path, PATCHBAY_MAX_OPERATIONS="2") as server,
        asking(server.port, post(HANGING)),
        asking(server.port, post(HANGING)),
        asking(server.port, post(HANGING)),
    ):
        await asyncio.sleep(0.2)
        assert server.door.under_way == 1


async def test_what_keeps_the_server_running_is_never_refused(tmp_path: Path) -> None:
    async with running(silence, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        base = f"http://127.0.0.1:{server.port}"
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{base}/health/live")).status_code == 200
            assert (await client.get(server.url, headers={"Accept": "text/html"})).status_code == 200
            assert (await client.post(f"{base}/webhooks/nobody", json={})).status_code == 404
            assert (await client.post(server.url, json={"query": "{ kept }"})).status_code == BUSY
        server.door.leave()


async def test_a_socket_s_operations_are_refused_one_by_one(tmp_path: Path) -> None:
    async with running(silence, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server, server.socket() as socket:

        async def ask(id: str, query: str) -> None:
            await socket.send(json.dumps({"id": id, "type": "subscribe", "payload": {"query": query}}))

        await ask("1", HANGING)
        await asyncio.wait_for(server.wire.arrived.wait(), 3)
        assert server.door.under_way == 1
        await ask("2", "{ kept }")
        message = json.loads(await socket.recv())
        assert (message["id"], message["type"]) == ("2", "error")
        assert message["payload"][0]["extensions"] == {"code": "SERVER_BUSY"}
        await socket.send('{"id":"1","type":"complete"}')
        await asyncio.sleep(0.1)
        await ask("3", "{ kept }")
        assert json.loads(await socket.recv())["payload"] == {"data": {"kept": 1}}


async def test_a_subscription_takes_no_place(tmp_path: Path) -> None:
    query = "subscription { ticks { thing { id } } }"
    async with running(silence, tmp_path) as server, server.socket() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        await asyncio.wait_for(server.wire.arrived.wait(), 3)
        async with asking(server.port, post(query, "Accept: text/event-stream")):
            await asyncio.sleep(0.1)
            assert server.door.under_way == 0


async def test_slow_upstreams_fill_no_door(tmp_path: Path) -> None:
    """Three hundred operations wait for an upstream that is silent, and the next is served all the same."""
    ends = asyncio.Event()
    async with running(silence, tmp_path) as server, asyncio.TaskGroup() as clients:

        async def client(number: int) -> None:
            async with asking(server.port, post(f'{{ thing(id: "{number}") {{ id }} }}')):
                await ends.wait()

        for number in range(30):
            for each in range(10):
                clients.create_task(client(10 * number + each))
            await reaches(server.door, 10 * number + 10)
            # Clients, server and upstream share a loop, which has its limit as any.
            await asyncio.sleep(0.03)
        async with asking(server.port, post("{ kept }")) as reader:
            assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 200
        ends.set()


async def test_a_burst_is_no_overload(tmp_path: Path) -> None:
    async def client(port: int, number: int) -> int:
        async with asking(port, post(f'{{ thing(id: "{number}") {{ name }} }}')) as reader:
            return (await read_answer(reader))[0]

    async with running(named, tmp_path) as server:
        for _ in range(3):
            # Each costs the loop three times as much as a server's.
            statuses = await asyncio.gather(*(client(server.port, number) for number in range(60)))
            assert statuses == [200] * 60
            await asyncio.sleep(0.3)


# ---------------------------------------------------------------------------------------- the loop's delay


async def spend(seconds: float, turns: int) -> None:
    """Keep each turn of the loop so long."""
    for _ in range(turns):
        time.sleep(seconds)  # noqa: ASYNC251 - which is the point
        await asyncio.sleep(0)


async def work(seconds: float, turns: int) -> None:
    """The same with something to do."""
    for _ in range(turns):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        await asyncio.sleep(0)


async def test_a_delay_that_stands_lowers_the_limit_and_time_to_spare_raises_it() -> None:
    door = Door(1000)
    for _ in range(100):
        door.enter()
    await spend(0.06, 8)
    assert LEAST <= door.limit <= 100
    assert door.refuses()
    lowest = door.limit
    for _ in range(100):
        door.leave()
    door.enter()
    await asyncio.sleep(1.5)
    assert door.limit > 1.5 * lowest
    door.leave()


async def test_one_pause_lowers_nothing() -> None:
    door = Door(1000)
    for _ in range(100):
        door.enter()
    for _ in range(5):
        time.sleep(0.2)  # noqa: ASYNC251 - a pause, as the process has when others have the processor
        await asyncio.sleep(0.15)
        assert not door.refuses()
    assert door.limit == 1000
    for _ in range(100):
        door.leave()


async def test_a_turn_that_lasts_too_long_behind_a_late_one_takes_no_more() -> None:
    door = Door(1000)

    def work() -> None:
        door.enter()
        time.sleep(0.01)
        door.leave()

    door.enter()
    await spend(0.06, 2)
    taken = 0
    while not door.refuses() and taken < 100:
        work()
        taken += 1
    assert LEAST - 1 <= taken < 20
    door.leave()


def test_a_process_that_is_never_idle_takes_less_though_its_timers_are_on_time() -> None:
    """As where replies come in batches that take a tick each, and others wait for their upstream's places."""

    async def turns() -> float:
        door = Door(1000)
        for _ in range(100):
            door.enter()
        await work(TICK_SECONDS + 0.002, 60)
        return door.limit

    # The server's loop runs its timers before all else of a turn.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert LEAST <= runner.run(turns()) < 100


async def test_without_shedding_the_delay_is_not_looked_at() -> None:
    door = Door(1000, adapts=False)
    for _ in range(100):
        door.enter()
    await spend(0.06, 8)
    assert door.limit == 1000
    assert not door.refuses()
    for _ in range(100):
        door.leave()


async def test_an_idle_door_sets_no_timer() -> None:
    door = Door(1000)
    before = len(asyncio.all_tasks())
    door.enter()
    door.leave()
    await asyncio.sleep(0.2)
    assert door._timer is None  # noqa: SLF001 - nothing else shows it
    assert len(asyncio.all_tasks()) == before


# ------------------------------------------------------------------------------------------------ overload


FACTOR = 3.0
FLOOD_SECONDS = 4.0

CORE = 0.93
"""Of the time in which it could run, what the server had of a core where nobody else took it away."""

MORE_ROUNDS = 2
"""Measured at most in place of rounds that others have disturbed."""

OPERATIONS = {
    "waits for an upstream": "{ work(before: 1.5, wait: 30, after: 2.5) }",
    "never waits": "{ work(before: 4) }",
}


class Overload:
    """What three times the capacity comes to, offered for some seconds after a peak and a calm."""

    def __init__(self, server: GraphServer, query: str) -> None:
        body = json.dumps({"query": query})
        run(server.port, body, [Phase(seconds=0.5, clients=4)])
        began = _Processor.of(server.pid)
        (peak,) = run(server.port, body, [Phase(seconds=1.5, clients=16)])
        at_peak = _Processor.of(server.pid) - began
        self.capacity = len(fine(peak)) / 1.5
        self.peak_per_second = len(fine(peak)) / at_peak.had_seconds
        calm = Phase(seconds=1.5, per_second=self.capacity * 0.4)
        (before,) = run(server.port, body, [calm])
        flooded = _Processor.of(server.pid)
        flood = Phase(seconds=FLOOD_SECONDS, per_second=self.capacity * FACTOR, patience_seconds=2)
        (self.flood,) = run(server.port, body, [flood])
        self.spent_seconds = (_Processor.of(server.pid) - flooded).had_seconds
        (after,) = run(server.port, body, [Phase(seconds=3.0, per_second=self.capacity * 0.4)])
        self.core = (_Processor.of(server.pid) - began).share
        self.calm_seconds = percentile(before, 0.99)
        self.calm_again_seconds = percentile(between(after, 2, 4), 0.99)
        self.left: list[Sample] = [sample for sample in after if sample.status != 200]

    @property
    def goodput(self) -> float:
        """The share of the peak."""
        return len(fine(between(self.flood, 0, FLOOD_SECONDS))) / FLOOD_SECONDS / self.capacity

    @property
    def useful(self) -> float:
        """Operations that somebody got an answer to in a second of the processor, as a share of the peak's.

        It is the goodput of a machine that has nothing else to do.
        """
        return len(fine(self.flood)) / self.spent_seconds / self.peak_per_second

    def __str__(self) -> str:
        rejects = refused(self.flood)
        return (
            f"{self.core:.0%} of a core, capacity {self.capacity:.0f}/s, goodput {self.goodput:.0%}, "
            f"useful {self.useful:.0%}, "
            f"fine p99 {percentile(fine(self.flood), 0.99) * 1000:.0f} ms, {len(rejects)} refused "
            f"p99 {percentile(rejects, 0.99) * 1000:.0f} ms, calm p99 {self.calm_seconds * 1000:.0f} ms, "
            f"again {self.calm_again_seconds * 1000:.0f} ms"
        )


@dataclass(frozen=True)
class _Processor:
    """What a process had of the processor, and how long it waited for it while others had it."""

    had_seconds: float
    waited_seconds: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Since its start; of its main thread, which has the loop."""
        had, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
        return cls(int(had) / 1e9, int(waited) / 1e9)

    def __sub__(self, earlier: Self) -> Self:
        return type(self)(
            self.had_seconds - earlier.had_seconds, self.waited_seconds - earlier.waited_seconds
        )

    @property
    def share(self) -> float:
        """Of the time in which it could run."""
        return self.had_seconds / (self.had_seconds + self.waited_seconds)


def undisturbed(folder: Path, query: str, **variables: str) -> tuple[Overload, GraphServer]:
    """The first round in which the server had its core, of three at most, else the last, and its server."""
    for number in range(1 + MORE_ROUNDS):
        round_folder = folder / str(number)
        round_folder.mkdir()
        with busy(round_folder, **variables) as server:
            seen = Overload(server, query)
        sys.stdout.write(f"{query}: {seen}\n")
        if seen.core >= CORE or number == MORE_ROUNDS:
            return seen, server
    raise AssertionError


@contextmanager
def busy(folder: Path, **variables: str) -> Iterator[GraphServer]:
    """A server whose operations need nothing but its processor."""
    environment = {"PATCHBAY_SINGLE_FLIGHT": "off", **variables}
    server = GraphServer(environment, folder / "inbox.sqlite3", ("-m", "tests.server.busy"))
    with server:
        yield server


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processor's time from /proc")
@pytest.mark.parametrize("kind", OPERATIONS)
def test_under_three_times_the_load_the_server_goes_on_at_its_capacity(tmp_path: Path, kind: str) -> None:
    seen, server = undisturbed(tmp_path, OPERATIONS[kind])
    assert seen.useful >= 0.85
    assert len(refused(seen.flood)) > 0.3 * len(seen.flood)
    # Some times what it takes on a machine that has nothing else to do, with its first second over.
    assert percentile(refused(between(seen.flood, 1, FLOOD_SECONDS)), 0.99) < 0.25
    assert percentile(fine(seen.flood), 0.99) < 1
    assert not seen.left
    assert seen.calm_again_seconds < 5 * seen.calm_seconds + 0.1
    assert [line for line in server.lines if line["event"] == "operations_refused"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processor's time from /proc")
def test_without_a_door_it_would_not(tmp_path: Path) -> None:
    no_door = {"PATCHBAY_LOAD_SHEDDING": "off", "PATCHBAY_MAX_OPERATIONS": "100000"}
    seen, _ = undisturbed(tmp_path, OPERATIONS["waits for an upstream"], **no_door)
    assert not refused(seen.flood)
    assert seen.useful < 0.85 or percentile(fine(seen.flood), 0.99) > 1
