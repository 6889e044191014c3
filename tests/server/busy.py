"""`python -m tests.server.busy`: a graph whose operations take what they are told to, and call nobody."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

import strawberry

from patchbay.server import GraphSchema, create_app, serve

if TYPE_CHECKING:
    from fastapi import FastAPI

    from patchbay.server import Settings


def spend(milliseconds: float) -> None:
    """Take so much of the processor, however long that takes."""
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        pass


async def work(before: float = 0, wait: float | None = None, after: float = 0) -> int:
    spend(before)
    if wait is not None:
        await asyncio.sleep(wait / 1000)
    spend(after)
    return 1


@strawberry.type
class Query:
    work: int = strawberry.field(
        resolver=work,
        description="Milliseconds of the processor before and after a wait of as many as are given.",
    )


schema = GraphSchema(query=Query)


def application(settings: Settings) -> FastAPI:
    """The graph as an ASGI application."""
    return create_app(upstreams=(), schema=schema, settings=settings, environment=os.environ)


if __name__ == "__main__":
    sys.exit(serve(application, (), os.environ, sys.argv[1:]))
