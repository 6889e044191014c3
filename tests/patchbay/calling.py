"""Upstreams and pipelines that call a Wire, opened and closed around a block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from patchbay.calls import Call, CallPolicy, Limits, Opened, Pipeline, Resources
from patchbay.environment import Environment, Secret
from patchbay.errors import UpstreamError
from patchbay.inbox import Inbox
from patchbay.upstreams import Rest, Runtime

CANARY = "canary-4f1d9c"
"""Stands in credentials and payloads of the tests, and must never come out of them."""

GET = Call("GET /things", "GET", "/things")


def runtime(**values: str) -> Runtime:
    """What an upstream without webhooks is opened with; the inbox stays closed, and every call is made."""
    return Runtime(Environment(values), Inbox(Path("unused.sqlite3")), Resources(single_flight=False))


@asynccontextmanager
async def opened(rest: Rest, **values: str) -> AsyncIterator[Rest]:
    """The upstream, open with these environment variables."""
    await rest.open(runtime(**values))
    try:
        yield rest
    finally:
        await rest.close()


@asynccontextmanager
async def pipeline_to(
    url: str, limits: Limits | None = None, credentials: Mapping[str, Secret] | None = None
) -> AsyncIterator[Pipeline]:
    """A pipeline of the upstream "things" that makes each call that it is given, and makes it once."""
    pipeline = Pipeline(
        "things",
        url,
        policy=CallPolicy(limits=limits or Limits(), retry=None, breaker=None),
        credentials=Opened(headers=credentials or {}),
        resources=Resources(single_flight=False),
    )
    try:
        yield pipeline
    finally:
        await pipeline.close()


def assert_safe(error: object, source: str = "things") -> None:
    """The error names its upstream and has a code; nothing of address, credential or payload shows."""
    assert isinstance(error, UpstreamError), repr(error)
    assert error.extensions["source"] == error.source == source
    assert error.extensions["code"] == error.code
    shown = f"{error} {error!r} {error.extensions}"
    for hidden in (CANARY, "127.0.0.1", "localhost", "http://", "https://", ".invalid"):
        assert hidden not in shown
