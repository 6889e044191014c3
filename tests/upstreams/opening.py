"""Upstreams of any kind, open around a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from patchbay.upstreams import Upstream
from tests.patchbay.calling import runtime

U = TypeVar("U", bound=Upstream)


@asynccontextmanager
async def opened(upstream: U, **values: str) -> AsyncIterator[U]:
    """The upstream, open with these environment variables."""
    await upstream.open(runtime(**values))
    try:
        yield upstream
    finally:
        await upstream.close()
