"""`python -m tests.promises.graph`: serves the graph, broken in one place where the environment says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.server import create_app, serve
from tests.promises import mutants
from tests.promises.graph import MUTANT, NAMES, names
from tests.promises.graph.schema import schema
from tests.promises.graph.upstreams import UPSTREAMS

if TYPE_CHECKING:
    from fastapi import FastAPI

    from patchbay.server import Settings


def application(settings: Settings) -> FastAPI:
    """The graph as an ASGI application."""
    return create_app(upstreams=UPSTREAMS, schema=schema, settings=settings, environment=os.environ)


if __name__ == "__main__":
    if os.environ.get(NAMES):
        names.install(Path(os.environ[NAMES]))
    mutants.apply(os.environ.get(MUTANT, ""))
    sys.exit(serve(application, UPSTREAMS, os.environ, sys.argv[1:]))
