"""Kept answers of a wire, and what a wire answers so that it can be kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from patchbay.calls import Call, CallPolicy, HttpCache, Limits, Pipeline, Reply, Resources
from patchbay.calls.cache.http import HttpAnswers
from patchbay.calls.cache.memory import MemoryStore
from patchbay.calls.cache.store import Store
from patchbay.scope import Scope, enter_scope
from tests.calls.clock import Clock
from tests.patchbay.wire import Request, Wire, reply

THINGS = Call("GET /things", "GET", "/things")
ANN, BEN = "ann", "ben"


class Http:
    """Kept answers of a wire, as seen by callers of several identities."""

    def __init__(self, wire: Wire, pipeline: Pipeline, answers: HttpAnswers, clock: Clock) -> None:
        self.wire = wire
        self.pipeline = pipeline
        self.answers = answers
        self.clock = clock

    async def ask(self, identity: str = ANN, call: Call = THINGS) -> tuple[Reply, Scope]:
        """An operation of its own."""
        scope = Scope()

        async def run() -> Reply:
            enter_scope(scope)
            return await self.answers.through(call, identity, self.pipeline.send, scope)

        return await asyncio.create_task(run()), scope

    async def body(self, identity: str = ANN, call: Call = THINGS) -> str:
        reply, _ = await self.ask(identity, call)
        return reply.body.decode()

    @property
    def calls(self) -> int:
        return len(self.wire.requests)


@asynccontextmanager
async def keeping(
    answer: Any,
    cache: HttpCache | None = None,
    *,
    store: Store | None = None,
    limits: Limits | None = None,
    single_flight: bool = False,
) -> AsyncIterator[Http]:
    clock = Clock(time.time())
    policy = CallPolicy(limits=limits or Limits(), retry=None, breaker=None)
    async with Wire(answer) as wire:
        resources = Resources(single_flight=single_flight)
        pipeline = Pipeline("things", wire.url, policy=policy, resources=resources)
        answers = (cache or HttpCache()).open("things", store or MemoryStore(), clock)
        try:
            yield Http(wire, pipeline, answers, clock)
        finally:
            await answers.close()
            await pipeline.close()


class Numbered:
    """Answers 1, 2, 3 … with the same headers each time, and 304 to who has the present tag."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.number = 0
        self.status: str | None = None
        self.tag: str | None = None

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.status is not None:
            writer.write(reply(b"", self.status))
            return
        if self.tag is not None and request.headers.get("if-none-match") == self.tag:
            writer.write(reply(b"", "304 Not Modified", ETag=self.tag, **self.headers))
            return
        self.number += 1
        tag = {} if self.tag is None else {"ETag": self.tag}
        writer.write(reply(str(self.number).encode(), **self.headers, **tag))
