"""Credentials as an upstream opens them, and callers to make calls for."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from patchbay.address import parse_address
from patchbay.caller import Caller
from patchbay.calls import Call, CallPolicy, Credentials, Limits, Opened, Opening, Pipeline, Reply
from patchbay.calls.credentials import Outgoing, Signer
from patchbay.environment import Environment
from patchbay.scope import Scope

DEADLINE_SECONDS = 5.0
OUTGOING = Outgoing("GET", "https://things.example", "/things?q=1", {}, b"")


@asynccontextmanager
async def opened(credentials: Credentials, **values: str) -> AsyncIterator[Opened]:
    """The credentials of the upstream "things", open with these variables; token calls are real ones."""
    pipelines: list[Pipeline] = []

    def connect(url: str) -> Callable[[Call], Awaitable[Reply]]:
        policy = CallPolicy(limits=Limits(deadline_seconds=DEADLINE_SECONDS))
        pipelines.append(Pipeline("things", parse_address(url).origin, policy=policy))
        return pipelines[-1].send

    opened = credentials.open(Opening("things", Environment(values), connect))
    try:
        yield opened
    finally:
        if opened.signer is not None:
            await opened.signer.close()
        for pipeline in pipelines:
            await pipeline.close()


@asynccontextmanager
async def signer_of(credentials: Credentials, **values: str) -> AsyncIterator[Signer]:
    """Their signer."""
    async with opened(credentials, **values) as opened_:
        assert opened_.signer is not None
        yield opened_.signer


def scope_of(**headers: str) -> Scope:
    """The scope of a caller with these headers, named in Python's spelling."""
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Scope(Caller(pairs))


def pair_of(basic: str) -> str:
    """User and password as they stand inside of a Basic header's value."""
    return base64.b64decode(basic.removeprefix("Basic ")).decode()
