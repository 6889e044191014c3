"""Real descriptions as graphs: each schema valid, introspectable, and fast to make."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import get_introspection_query, validate_schema

from patchbay.checks import check_graph
from patchbay.importing.build import Part, build_graph
from patchbay.importing.build.graph import BuiltGraph
from patchbay.importing.compile import REST, SOAP, Description, compile_offline
from patchbay.importing.model import Model
from patchbay.importing.records import Records
from patchbay.importing.rest.upstream import ImportedRest
from patchbay.importing.soap.upstream import ImportedSoap
from tests.execution.asking import ask
from tests.importing.specs import SPECS, needs_specs, openapi, openapi_documents, wsdl_documents

LARGEST: Final = 400_000
"""Bytes of a description that is looked at here; one that is larger takes seconds to read."""

SECONDS: Final = 1.4
"""For Stripe's graph, of the processor's time: twice what it takes where nothing else runs."""


def documents() -> list[Path]:
    if not SPECS.is_dir():
        return []
    return [path for path in (*openapi_documents(), *wsdl_documents()) if path.stat().st_size < LARGEST]


def compiled(path: Path) -> Model:
    kind = SOAP if "wsdl" in path.parts else REST
    return compile_offline(Description("docs", kind, str(path)))


def graph_of(model: Model) -> BuiltGraph:
    upstream: Any = ImportedRest(model) if model.kind == "rest" else ImportedSoap(model)
    return build_graph([Part(model, upstream)])


@needs_specs
@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
async def test_a_real_description_is_a_graph(path: Path) -> None:
    model = compiled(path)
    graph = graph_of(model)
    assert not validate_schema(graph.schema.graphql_schema)
    check_graph(graph.schema, ["docs"])
    query: Any = graph.schema.graphql_schema.query_type
    mutation: Any = graph.schema.graphql_schema.mutation_type
    fields = {*query.fields, *(mutation.fields if mutation else ())} - {"upstreams"}
    assert len(fields) == len({operation.name for operation in model.operations})
    data, errors = await ask(graph.schema, get_introspection_query())
    assert not errors
    assert data["__schema"]["queryType"] == {"name": "Query", "kind": "OBJECT"}
    records = Records(model)
    for operation in model.operations:
        records.decoder(operation.result.type)(b"null")


@needs_specs
def test_a_large_description_is_a_graph_in_less_than_a_second() -> None:
    model = compiled(openapi("apis-guru-npm/stripe.com.json"))
    start = time.process_time()
    graph = graph_of(model)
    assert len(graph.schema.graphql_schema.type_map) > 1_000
    assert time.process_time() - start < SECONDS
    # Each of its answers can hold any other: all of them together are decoded by one decoder.
    start = time.process_time()
    Records(model).decoder(model.operations[0].result.type)(b'{"id": "a"}')
    assert time.process_time() - start < SECONDS
