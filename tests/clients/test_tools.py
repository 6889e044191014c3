"""Tools that read the schema: GraphQL Inspector, Relay's compiler, GraphQL Code Generator and TypeScript."""

from __future__ import annotations

import json
import re
from hashlib import sha256

from graphql import build_schema

from schema import schema
from tests.clients.workshop import CODEGEN_MANIFEST, RELAY_MANIFEST, Done, Workshop


def test_inspector_writes_the_schema_that_the_graph_has(workshop: Workshop, introspected: Done) -> None:
    assert introspected.code == 0, introspected.output
    written = build_schema((workshop.path / "schema.graphql").read_text())
    declared = schema._schema  # noqa: SLF001 - graphql-core's, which Strawberry does not show otherwise
    assert set(written.type_map) == set(declared.type_map)


def test_inspector_sees_no_change_between_what_it_wrote_and_the_server(
    workshop: Workshop, introspected: Done
) -> None:
    done = workshop.run("graphql-inspector", "diff", "schema.graphql", f"{workshop.url}/graphql")
    assert done.code == 0, done.output
    assert "No changes detected" in done.output


def test_inspector_sees_what_a_client_would_miss(workshop: Workshop, introspected: Done) -> None:
    text = (workshop.path / "schema.graphql").read_text()
    older = text.replace("type Customer implements Node {", "type Customer implements Node {\n  fax: String")
    (workshop.path / "older.graphql").write_text(older)
    done = workshop.run("graphql-inspector", "diff", "older.graphql", f"{workshop.url}/graphql")
    assert done.code == 1
    assert "Field fax was removed from object type Customer" in done.output.replace("'", "")


def test_inspector_finds_every_example_valid(workshop: Workshop, introspected: Done) -> None:
    done = workshop.run("graphql-inspector", "validate", "examples/*.graphql", "schema.graphql")
    assert done.code == 0, done.output


def test_relay_s_compiler_takes_the_schema(compiled: dict[str, Done]) -> None:
    for name in ("relay", "relay persisted"):
        assert compiled[name].code == 0, compiled[name].output


def test_relay_s_manifest_is_by_hash(workshop: Workshop, compiled: dict[str, Done]) -> None:
    manifest = json.loads((workshop.path / RELAY_MANIFEST).read_text())
    assert len(manifest) == 4
    assert all(id_ == sha256(text.encode()).hexdigest() for id_, text in manifest.items())


def test_code_generator_takes_the_schema_from_the_server(
    workshop: Workshop, compiled: dict[str, Done]
) -> None:
    assert compiled["codegen"].code == 0, compiled["codegen"].output
    manifest = json.loads((workshop.path / CODEGEN_MANIFEST).read_text())
    assert len(manifest) == 3


def test_typescript_takes_a_typed_front_end_and_notices_its_mistakes(
    workshop: Workshop, compiled: dict[str, Done]
) -> None:
    done = workshop.run("tsc", "--project", "codegen/tsconfig.json")
    assert done.code == 0, done.output
    # Each of these lines is an error unless there is a mistake in the line below it.
    assert len(re.findall("@ts-expect-error:", (workshop.path / "codegen" / "usage.ts").read_text())) == 5


def test_the_page_shows_the_configuration_that_is_run(workshop: Workshop) -> None:
    shown = (workshop.path / "docs" / "codegen.ts").read_text()
    run = (workshop.path / "codegen" / "codegen.ts").read_text()
    host = workshop.url.removeprefix("http://")
    assert shown.replace(f'"http://{host}/graphql"', "process.env.GRAPH_URL") in run
