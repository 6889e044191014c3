"""Imports in a hand-written main.py:

graph = imports(
    shop=OpenApi("shop.openapi.yaml"),
    erp=Wsdl("https://erp.example/stock?wsdl"),
    links=["shop.Item.stock -> erp.getStock(skus: sku) match sku max 50"],
)
app = create_app(upstreams=graph.upstreams, schema=graph.schema, examples=graph.examples, ...)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from patchbay.importing.project.declaring import Declarations
from patchbay.importing.project.graph import NOTHING_OWN, LoadedGraph, OwnParts, load_graph
from patchbay.importing.project.loading import Loading
from patchbay.importing.project.project import run_apart
from patchbay.importing.project.sources import require_kind, require_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.project.sources import OpenApi, Wsdl


def imports(
    *,
    links: Sequence[str] = (),
    rename: Mapping[str, str] | None = None,
    hide: Sequence[str] = (),
    merge: Sequence[str] = (),
    loading: Loading | None = None,
    own: OwnParts = NOTHING_OWN,
    **sources: OpenApi | Wsdl,
) -> LoadedGraph:
    """A graph of imported upstreams.

    Args:
        links, rename, hide, merge: as in patchbay.toml.
        loading: see Loading; None for the variables of this process and the usual folder of compiled copies.
        own: what is written by hand beside them.
        sources: upstream's name -> its description.

    Raises:
        ConfigurationError: a description cannot be imported, or a declaration does not fit to it.
        UpstreamError: a description cannot be fetched.
    """
    for name, source in sources.items():
        require_name(name, "imports")
        require_kind(source.kind, source.location, f"imports: {name}")
    declared = Declarations.parse(sources, links=links, rename=rename, hide=hide, merge=merge)
    graph: LoadedGraph = run_apart(load_graph(declared, loading or Loading(environment=os.environ), own))
    return graph
