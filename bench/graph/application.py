"""Wires one of the benchmark's schemas to its upstream, as main.py does for the reference graph."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from bench.graph.blog import blog
from patchbay.server import create_app, serve

if TYPE_CHECKING:
    from fastapi import FastAPI

    from patchbay.server import GraphSchema, Settings

UPSTREAMS = (blog,)


def application(schema: GraphSchema, settings: Settings) -> FastAPI:
    """The graph as an ASGI application."""
    return create_app(upstreams=UPSTREAMS, schema=schema, settings=settings, environment=os.environ)


def main(schema: GraphSchema) -> int:
    """Serve it until SIGINT or SIGTERM; the exit code."""
    return serve(partial(application, schema), UPSTREAMS, os.environ, sys.argv[1:])
