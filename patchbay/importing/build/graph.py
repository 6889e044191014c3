"""Models and their upstreams -> one graph."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from strawberry.schema.config import StrawberryConfig

from patchbay.collector import paused_collector
from patchbay.errors import ConfigurationError
from patchbay.importing.build.connections import Connections
from patchbay.importing.build.edits import NO_EDITS, require_sound
from patchbay.importing.build.fields import class_of, definition_of
from patchbay.importing.build.links import Links
from patchbay.importing.build.merging import Merges
from patchbay.importing.build.names import Names, field_problems
from patchbay.importing.build.parts import Made, Part
from patchbay.importing.build.roots import upstream_names
from patchbay.importing.build.scalars import SCALARS
from patchbay.server.schema import GraphSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from strawberry.types.field import StrawberryField

    from patchbay.importing.build.edits import Edits
    from patchbay.importing.runtime import ImportedUpstream


class BuiltGraph:
    """A graph of imported upstreams.

    Args:
        upstreams: what makes the calls, to be opened with the graph.
        query: the Strawberry class of Query.
        mutation: that of Mutation; None where nothing changes anything.
        types: "shop.Order" -> Strawberry class, of all that the operations reach, for hand-written graphs.
        names: "crm.Customer" -> "CrmCustomer", of all whose name was taken by an upstream before.
    """

    def __init__(
        self,
        upstreams: Sequence[ImportedUpstream],
        query: type,
        mutation: type | None,
        types: Mapping[str, type],
        names: Mapping[str, str],
    ) -> None:
        self.upstreams = tuple(upstreams)
        self.query = query
        self.mutation = mutation
        self.types = types
        self.names = names

    @cached_property
    def schema(self) -> GraphSchema:
        """The schema, made when it is asked for first."""
        with paused_collector():
            return GraphSchema(
                query=self.query,
                mutation=self.mutation,
                config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
            )


def build_graph(parts: Iterable[Part], edits: Edits = NO_EDITS) -> BuiltGraph:
    """The graph of these upstreams.

    Args:
        parts: the first keeps its names where a later one has the same.
        edits: what people change.

    Raises:
        ConfigurationError: with a line for each edit that cannot be meant.
    """
    with paused_collector():
        return _Graph(list(parts), edits).build()


class _Graph:
    def __init__(self, parts: Sequence[Part], edits: Edits) -> None:
        models = [part.model for part in parts]
        require_sound({model.name: model for model in models}, edits)
        _refuse(field_problems(models, edits))
        self._edits = edits
        self._names = names = Names(models, edits)
        connections = Connections(names)
        self._made = {part.model.name: Made(part, names, connections) for part in parts}

    def build(self) -> BuiltGraph:
        """See build_graph."""
        links = Links(self._made, self._names)
        problems = [*Merges(self._made).add(self._edits.merges)]
        queries = [field for made in self._made.values() for field in made.roots.fields(mutations=False)]
        mutations = [field for made in self._made.values() for field in made.roots.fields(mutations=True)]
        problems += links.add(self._edits.links)
        self._finish()
        for made in self._made.values():
            links.add_edges(made)
        self._finish()
        problems += self._emptied()
        _refuse(problems)
        return BuiltGraph(
            [made.upstream for made in self._made.values()],
            self._query(queries),
            class_of("Mutation", fields=mutations) if mutations else None,
            {
                f"{upstream}.{name}": cls
                for upstream, made in self._made.items()
                for name, cls in made.types.classes.items()
            },
            self._names.changed,
        )

    def _finish(self) -> None:
        """Give all types their fields; those of one upstream may lead to those of another."""
        had_any = True
        while had_any:
            had_any = False
            for made in self._made.values():
                had_any = made.types.finish() or had_any

    def _emptied(self) -> Iterator[str]:
        """Types of which nothing is shown any more."""
        for upstream, made in self._made.items():
            for name, cls in made.types.classes.items():
                if not definition_of(cls).fields:
                    yield f"hide: nothing is left of {upstream}.{name}; hide the type itself"

    def _query(self, fields: list[StrawberryField]) -> type:
        return class_of("Query", fields=fields or [upstream_names(list(self._made))])


def _refuse(problems: Iterable[str]) -> None:
    found = list(dict.fromkeys(problems))
    if found:
        raise ConfigurationError("\n".join(found))
