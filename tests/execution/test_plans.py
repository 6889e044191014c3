"""What a plan costs and when it is made: once for each document, operation and shape."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, build_schema, execute, parse
from structlog.testing import capture_logs

from patchbay.execution import OUTCOMES, CompiledExecutor, executor, plans
from patchbay.execution.compile import compile_operation
from patchbay.server import GraphSchema
from tests.execution.asking import ask

SCHEMA = build_schema("type Query { a: Int b: Int list: [Query] }")
ROOT = {"a": 1, "b": 2, "list": [{"a": 3}]}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the root types that plans have been made for."""
    made: list[str] = []

    def noting(executor_: Any, root_type: Any) -> Any:
        made.append(root_type.name)
        return compile_operation(executor_, root_type)

    monkeypatch.setattr(executor, "compile_operation", noting)
    return made


def run(document: Any, variables: dict[str, Any] | None = None, **more: Any) -> ExecutionResult:
    result = execute(
        SCHEMA, document, ROOT, variable_values=variables, executor_class=CompiledExecutor, **more
    )
    assert isinstance(result, ExecutionResult)
    return result


def test_a_document_is_compiled_once(compiled: list[str]) -> None:
    document = parse("{ a list { a } }")
    assert [run(document).data for _ in range(3)] == [{"a": 1, "list": [{"a": 3}]}] * 3
    assert compiled == ["Query"]


def test_variables_that_shape_the_answer_have_plans_of_their_own(compiled: list[str]) -> None:
    document = parse(
        "query ($x: Boolean!, $y: Int) { a @skip(if: $x) ...F } fragment F on Query { b @include(if: $x) }"
    )
    answers = [run(document, {"x": x, "y": y}).data for x in (True, False) for y in (1, 2)]
    assert answers == [{"b": 2}, {"b": 2}, {"a": 1}, {"a": 1}]
    assert len(compiled) == 2


def test_each_operation_of_a_document_has_its_own(compiled: list[str]) -> None:
    document = parse("query A { a } query B { b }")
    assert run(document, operation_name="A").data == {"a": 1}
    assert run(document, operation_name="B").data == {"b": 2}
    assert run(document, operation_name="A").data == {"a": 1}
    assert len(compiled) == 2


def test_plans_of_long_documents_are_not_kept(compiled: list[str]) -> None:
    document = parse("{ a } #" + "x" * plans.MAX_KEPT_CHARACTERS)
    run(document)
    run(document)
    assert len(compiled) == 2


def test_no_number_of_documents_and_shapes_fills_the_memory() -> None:
    for number in range(plans.MAX_OPERATIONS + 50):
        run(parse(f"{{ x{number}: a }}"))
    assert len(plans._kept) == plans.MAX_OPERATIONS  # noqa: SLF001 - nothing else tells
    many = " ".join(f"$v{number}: Boolean!" for number in range(8))
    document = parse(f"query ({many}) {{ {' '.join(f'f{n}: a @skip(if: $v{n})' for n in range(8))} b }}")
    for number in range(100):
        run(document, {f"v{bit}": bool(number >> bit & 1) for bit in range(8)})
    every = plans._kept.values()  # noqa: SLF001 - as above
    (kept,) = [each for each in every if each.operation is document.definitions[0]]
    assert len(kept._by_shape) == plans.MAX_SHAPES  # noqa: SLF001 - as above


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plan can be made."""

    def no_plan(*_: Any) -> Any:
        raise LookupError("a field of a kind that nobody thought of")

    monkeypatch.setattr(executor, "compile_operation", no_plan)
    monkeypatch.setattr(executor, "_told", set())


def test_what_cannot_be_compiled_is_executed_all_the_same(broken: None) -> None:
    before = OUTCOMES["uncompilable"]
    with capture_logs() as lines:
        assert run(parse("{ a }")).data == {"a": 1}
        assert run(parse("{ b }")).data == {"b": 2}
    assert OUTCOMES["uncompilable"] == before + 2
    told = [line for line in lines if line["event"] == "operation_not_compiled"]
    assert [line["reason"] for line in told] == ["LookupError: a field of a kind that nobody thought of"]


@strawberry.type
class Thing:
    name: str


@strawberry.type
class Query:
    @strawberry.field
    def thing(self) -> Thing:
        return object()  # type: ignore[return-value] # lacks what it should have


async def test_a_record_without_the_attribute_is_named_in_the_log() -> None:
    with capture_logs() as lines:
        data, errors = await ask(GraphSchema(query=Query), "{ thing { name } }")
    assert data is None
    assert errors == [("internal error", ["thing", "name"])]
    (line,) = [line for line in lines if line["event"] == "record_lacks_attribute"]
    assert (line["type"], line["field"], line["record"]) == ("Thing", "name", "builtins.object")
