"""What a graph is made of: upstreams with their models, and what is made of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patchbay.importing.build.inputs import Converters
from patchbay.importing.build.roots import Roots
from patchbay.importing.build.types import Types
from patchbay.importing.records import Records

if TYPE_CHECKING:
    from patchbay.importing.build.connections import Connections
    from patchbay.importing.build.names import Names
    from patchbay.importing.model import Model, Operation
    from patchbay.importing.runtime import ImportedUpstream


class Part(NamedTuple):
    """One upstream.

    Args:
        model: what it offers.
        upstream: what makes its calls.
    """

    model: Model
    upstream: ImportedUpstream


class Made:
    """One upstream while its graph is made.

    Args:
        part: the upstream.
        names: of the graph.
        connections: of the graph.
    """

    def __init__(self, part: Part, names: Names, connections: Connections) -> None:
        self.model, self.upstream = part
        self.records = Records(self.model)
        self.types = Types(self.model, self.records, names)
        self.roots = Roots(self.upstream, self.types, names, Converters(self.model, names), connections)
        self.operations: dict[str, Operation] = {each.name: each for each in self.model.operations}
