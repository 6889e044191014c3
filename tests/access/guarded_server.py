"""`python -m tests.access.guarded_server`: serves the guarded graph, and tells what it has called for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from patchbay.server import create_app, serve
from patchbay.upstreams import Rest, Upstream
from tests.access.guarded_graph import schema
from tests.access.guarded_reads import ALL_CALLS, PAUSE_SECONDS, SOURCE
from tests.promises import mutants
from tests.promises.graph import MUTANT

if TYPE_CHECKING:
    from fastapi import FastAPI

    from patchbay.server import Settings

CALLS_PATH: Final = "/__calls"
ADDRESS: Final = "COMPANY_URL"
"""The variable of the upstream's address. Its reads answer from memory, so that nobody is there."""

READ_SECONDS: Final = 0.01
"""So long that operations that come together are under way together."""

UPSTREAMS: Final[tuple[Upstream, ...]] = (Rest(SOURCE, base_url=ADDRESS),)


def application(settings: Settings) -> FastAPI:
    """The graph as an ASGI application, with the number of calls since it was asked for last."""
    app = create_app(upstreams=UPSTREAMS, schema=schema, settings=settings, environment=os.environ)

    async def calls() -> dict[str, int]:
        return dict(ALL_CALLS)

    async def forget() -> None:
        ALL_CALLS.clear()

    app.add_api_route(CALLS_PATH, calls, methods=["GET"])
    app.add_api_route(CALLS_PATH, forget, methods=["DELETE"])
    return app


if __name__ == "__main__":
    mutants.apply(os.environ.get(MUTANT, ""))
    PAUSE_SECONDS.set(READ_SECONDS)
    sys.exit(serve(application, UPSTREAMS, os.environ, sys.argv[1:]))
