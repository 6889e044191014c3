"""Imported upstreams, and what was written by hand beside them, as one graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strawberry.schema.config import StrawberryConfig

from patchbay.errors import ConfigurationError
from patchbay.importing.build import Part, beside_python, build_graph
from patchbay.importing.build.fields import class_of, definition_of
from patchbay.importing.build.names import Names
from patchbay.importing.project.editing import edits_of, with_names
from patchbay.importing.project.examples import example_of
from patchbay.importing.project.loading import Imported, Loading, import_all
from patchbay.scalars import SCALARS as HOUSE_SCALARS
from patchbay.server.schema import GraphSchema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.build import BuiltGraph, Edits
    from patchbay.importing.project.declaring import Declarations
    from patchbay.importing.project.report import ImportReport
    from patchbay.server.graphiql import Example
    from patchbay.upstreams import Upstream


@dataclass(frozen=True)
class OwnParts:
    """What is written by hand.

    Args:
        upstreams: of adapters.
        queries, mutations, subscriptions: Strawberry types, whose fields stand beside the imported ones.
        types: that nothing refers to.
    """

    upstreams: Sequence[Upstream] = ()
    queries: Sequence[type] = ()
    mutations: Sequence[type] = ()
    subscriptions: Sequence[type] = ()
    types: Sequence[type] = ()


@dataclass(frozen=True)
class LoadedGraph:
    """A graph to be served.

    Args:
        schema: see GraphSchema.
        upstreams: to be opened with it.
        imported: name -> upstream that was imported.
        renamed: "crm.Customer" -> "CrmCustomer", of all whose name was taken.
        reports: of the imports.
        examples: queries to start from.
    """

    schema: GraphSchema
    upstreams: tuple[Upstream, ...]
    imported: Mapping[str, Imported] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[ImportReport, ...] = ()
    examples: tuple[Example, ...] = ()


NOTHING_OWN = OwnParts()


async def load_graph(
    declarations: Declarations, loading: Loading, own: OwnParts = NOTHING_OWN
) -> LoadedGraph:
    """Import what is declared, and make the graph.

    Args:
        declarations: see Declarations.
        loading: see Loading.
        own: what stands beside the imports.

    Raises:
        ConfigurationError: a description cannot be imported, or a declaration does not fit to it.
        UpstreamError: a description cannot be fetched.
    """
    declarations.require_upstreams()
    _require_names(declarations, own)
    imported = await import_all(declarations, loading)
    edits = with_names(edits_of(declarations), [each.model for each in imported.values()])
    parts = [Part(each.model, each.upstream) for each in imported.values()]
    try:
        built = build_graph(parts, edits)
    except ConfigurationError as error:
        raise ConfigurationError(f"{declarations.where}: {error}") from error
    schema = built.schema if own == NOTHING_OWN else _with_own(built, own, has_imports=bool(parts))
    return LoadedGraph(
        schema=schema,
        upstreams=(*built.upstreams, *own.upstreams),
        imported=imported,
        renamed=built.names,
        reports=tuple(each.report(loading.environment) for each in imported.values()),
        examples=_examples(imported, edits, schema),
    )


def _require_names(declarations: Declarations, own: OwnParts) -> None:
    """An upstream that was ejected must not be imported as well."""
    for upstream in own.upstreams:
        if upstream.name in declarations.sources:
            raise ConfigurationError(
                f"{declarations.where}: '{upstream.name}' is an upstream of adapters/ as well; "
                f"take [upstreams.{upstream.name}] away, or that of adapters/"
            )


def _with_own(built: BuiltGraph, own: OwnParts, *, has_imports: bool) -> GraphSchema:
    """The schema with the fields that are written by hand in front."""
    imported = definition_of(built.query).fields if has_imports or not own.queries else []
    mutations = definition_of(built.mutation).fields if built.mutation is not None else []
    query = _joined("Query", own.queries, imported)
    if query is None:
        raise ConfigurationError("the graph has nothing to ask for")
    return GraphSchema(
        query=query,
        mutation=_joined("Mutation", own.mutations, mutations),
        subscription=_joined("Subscription", own.subscriptions, []),
        types=tuple(own.types),
        config=StrawberryConfig(
            scalar_map={**HOUSE_SCALARS, **beside_python()}, enable_experimental_incremental_execution=True
        ),
    )


def _joined(name: str, classes: Sequence[type], imported: Sequence[Any]) -> type | None:
    """One root type of several. Raises ConfigurationError where two have a field of one name."""
    fields = [*(each for cls in classes for each in definition_of(cls).fields), *imported]
    seen: set[str] = set()
    for each in fields:
        known = each.graphql_name or each.python_name
        if known in seen:
            raise ConfigurationError(
                f"two fields of {name} are called '{known}'; rename one, or give its upstream a prefix"
            )
        seen.add(known)
    return class_of(name, fields=fields) if fields else None


def _examples(imported: Mapping[str, Imported], edits: Edits, schema: GraphSchema) -> tuple[Example, ...]:
    models = [each.model for each in imported.values()]
    names = Names(models, edits)
    found = [
        example_of(
            model.name,
            schema.graphql_schema,
            [names.root(model.name, each) for each in model.operations if not each.is_mutation],
        )
        for model in models
    ]
    return tuple(each for each in found if each is not None)
