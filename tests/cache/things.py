"""An upstream of things on a real socket, reads of it that keep what they read, and operations that ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from patchbay.batch import Batch
from patchbay.cached import Ttl
from patchbay.caller import ANONYMOUS, Caller
from patchbay.calls import Limits, Resources
from patchbay.environment import Environment
from patchbay.inbox import Inbox
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest, Runtime
from tests.calls.clock import Clock
from tests.patchbay.wire import Request, Wire, json_reply, reply

T = TypeVar("T")

ANN = Caller([(b"authorization", b"Bearer ann")])
BEN = Caller([(b"authorization", b"Bearer ben")])


class Thing(msgspec.Struct, frozen=True):
    id: str
    size: int = 0


class Things:
    """Answers GET /things?ids=a,b with those it knows; all have the present size."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()
        self.size = 1
        self.status: str | None = None
        """Answered to everything, where it is set."""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        size, status = self.size, self.status
        await self.may_answer.wait()
        if status is not None:
            writer.write(reply(b"", status))
            return
        ids = [key for key in request.ids() if key not in self.unknown]
        writer.write(json_reply([{"id": key, "size": size} for key in ids]))


class Served:
    """Things, a read of them, and the clock that it goes by."""

    def __init__(self, wire: Wire, things: Things, read: Batch[Thing], clock: Clock) -> None:
        self.wire = wire
        self.things = things
        self.read = read
        self.clock = clock

    @property
    def asked(self) -> list[list[str]]:
        """The keys of each call so far."""
        return [request.ids() for request in self.wire.requests]

    async def sizes(self, ids: Sequence[str], caller: Caller = ANONYMOUS) -> list[Any]:
        """What an operation of its own reads: sizes, None, and the codes of errors."""
        outcomes, _ = await self.outcomes(ids, caller)
        return outcomes

    async def has_sizes(self, ids: Sequence[str], sizes: Sequence[Any]) -> bool:
        """Whether an operation of its own reads these."""
        return await self.sizes(ids) == sizes

    async def outcomes(self, ids: Sequence[str], caller: Caller = ANONYMOUS) -> tuple[list[Any], Scope]:
        """As `sizes`, with the operation's scope."""
        outcomes, scope = await operation(lambda: self.read(ids), caller)
        return [outcome if outcome is None else shown(outcome) for outcome in outcomes], scope


def shown(outcome: Any) -> Any:
    return outcome.size if isinstance(outcome, Thing) else outcome.code


async def operation(
    work: Callable[[], Awaitable[T]], caller: Caller = ANONYMOUS, deadline_seconds: float | None = None
) -> tuple[T, Scope]:
    """What work brings in a scope of its own, and that scope."""
    scope = Scope(caller)
    if deadline_seconds is not None:
        scope.start_clock(deadline_seconds)

    async def run() -> T:
        enter_scope(scope)
        return await work()

    return await asyncio.create_task(run()), scope


def rest(**options: Any) -> Rest:
    """An upstream that makes each call once."""
    return Rest("things", base_url="THINGS_URL", **{"retry": None, "breaker": None, **options})


def runtime(url: str, resources: Resources) -> Runtime:
    return Runtime(Environment({"THINGS_URL": url}), Inbox(Path("unused.sqlite3")), resources)


@asynccontextmanager
async def opened(upstream: Rest, url: str, resources: Resources) -> AsyncIterator[None]:
    await upstream.open(runtime(url, resources))
    try:
        yield
    finally:
        await upstream.close()


@asynccontextmanager
async def serving(
    ttl: Ttl | None, *, max_size: int = 100, limits: Limits | None = None
) -> AsyncIterator[Served]:
    """Things, and a read that keeps them this long. Calls share no flights but those of the read."""
    clock, things = Clock(1_700_000_000.0), Things()
    upstream = rest(limits=limits or Limits())
    read = upstream.batch("GET /things?ids={ids}", Thing, match="id", max_size=max_size, cache=ttl)
    async with (
        Wire(things) as wire,
        opened(upstream, wire.url, Resources(single_flight=False, now=clock)),
    ):
        yield Served(wire, things, read, clock)


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Returns when it holds; it may have to be awaited."""
    async with asyncio.timeout(seconds):
        while True:
            holds = condition()
            if await holds if isawaitable(holds) else holds:
                return
            await asyncio.sleep(0.005)
