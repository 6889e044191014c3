"""The only place that wires: settings -> upstreams -> schema -> application. `python main.py` serves."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from adapters import UPSTREAMS
from patchbay.server import create_app, serve
from patchbay.server.graphiql import load_examples
from resolvers.reactions import REACTIONS
from schema import schema

if TYPE_CHECKING:
    from fastapi import FastAPI

    from patchbay.server import Settings

EXAMPLES = Path(__file__).parent / "docs" / "examples"


def application(settings: Settings) -> FastAPI:
    """The graph as an ASGI application."""
    return create_app(
        upstreams=UPSTREAMS,
        schema=schema,
        settings=settings,
        environment=os.environ,
        reactions=REACTIONS,
        examples=load_examples(EXAMPLES),
    )


if __name__ == "__main__":
    sys.exit(serve(application, UPSTREAMS, os.environ, sys.argv[1:]))
