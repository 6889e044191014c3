"""A project: patchbay.toml, and what is written by hand beside it."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.importing.project.declaring import Declarations
from patchbay.importing.project.graph import LoadedGraph, OwnParts, load_graph
from patchbay.importing.project.loading import Loading
from patchbay.importing.project.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI

    from patchbay.importing.project.sources import OpenApi, Wsdl
    from patchbay.reactions import Reaction
    from patchbay.server import Settings
    from patchbay.upstreams import Upstream


@dataclass(frozen=True)
class Project:
    """What a graph is made of.

    Args:
        file: patchbay.toml; None for a graph without one. One that is not there counts as empty.
        upstreams, queries, mutations, subscriptions, types: what is written by hand; see OwnParts.
        reactions: what webhooks' events set off.
        more: upstreams that are imported beside those of the file.
        loading: see Loading.
    """

    file: str | Path | None = "patchbay.toml"
    upstreams: Sequence[Upstream] = ()
    queries: Sequence[type] = ()
    mutations: Sequence[type] = ()
    subscriptions: Sequence[type] = ()
    types: Sequence[type] = ()
    reactions: Sequence[Reaction[Any]] = ()
    more: Mapping[str, OpenApi | Wsdl] = field(default_factory=dict)
    loading: Loading = field(default_factory=Loading)

    def declarations(self) -> Declarations:
        """What is imported. Raises ConfigurationError."""
        declared = Declarations(where="--rest and --soap")
        if self.file is not None and Path(self.file).is_file():
            declared = read_toml(Path(self.file))
        return declared.adding(self.more, "--rest and --soap")

    def load(self, environment: Mapping[str, str]) -> LoadedGraph:
        """Import, and make the graph. May be called while an event loop runs, which waits for it.

        Args:
            environment: where variables are read from.

        Raises:
            ConfigurationError: something of it cannot be meant.
            UpstreamError: a description cannot be fetched.
        """
        own = OwnParts(self.upstreams, self.queries, self.mutations, self.subscriptions, self.types)
        loading = replace(self.loading, environment=environment)
        graph: LoadedGraph = run_apart(load_graph(self.declarations(), loading, own))
        return graph

    def application(self, settings: Settings) -> FastAPI:
        """The graph as an ASGI application, with the variables of this process."""
        return self.serving(self.load(os.environ), settings, os.environ)

    def serving(self, graph: LoadedGraph, settings: Settings, environment: Mapping[str, str]) -> FastAPI:
        """A graph that was loaded as an ASGI application."""
        from patchbay.server import create_app  # noqa: PLC0415 - not every command needs it

        return create_app(
            upstreams=graph.upstreams,
            schema=graph.schema,
            settings=settings,
            environment=environment,
            reactions=self.reactions,
            examples=graph.examples,
        )

    def serve(self, environment: Mapping[str, str], arguments: Sequence[str]) -> int:
        """What `python main.py` does; see patchbay.server.serve."""
        from patchbay.server import serve  # noqa: PLC0415 - as above

        return serve(self.application, self.upstreams, environment, arguments)


def run_apart(work: Any) -> Any:
    """What a coroutine answers, in an event loop of its own: in a thread, where this one has one running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
