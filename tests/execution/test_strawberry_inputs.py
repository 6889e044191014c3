"""Arguments of Strawberry fields."""

from __future__ import annotations

from typing import Annotated

import strawberry

from tests.execution.asking import Executor, ask_sync


@strawberry.input
class Range:
    low: int = 1
    high: int | None = strawberry.UNSET
    tags: list[str] = strawberry.field(default_factory=lambda: ["any"])


@strawberry.input(one_of=True)
class Pick:
    number: strawberry.Maybe[int]
    text: strawberry.Maybe[str]


@strawberry.type
class Inputs:
    @strawberry.field
    def range(self, range_: Annotated[Range, strawberry.argument(name="in")]) -> str:
        high = "unset" if range_.high is strawberry.UNSET else range_.high
        return f"{type(range_).__name__} {range_.low} {high} {range_.tags}"

    @strawberry.field
    def pick(self, pick: Pick) -> str:
        return f"{pick.number} {pick.text}"

    @strawberry.field
    def optional(self, number: int | None = 5, text: str | None = strawberry.UNSET) -> str:
        return f"{number} {'unset' if text is strawberry.UNSET else text}"


def test_inputs_and_their_defaults(executor: Executor) -> None:
    schema = strawberry.Schema(Inputs, execution_context_class=executor)
    query = """query ($in: Range!) {
      a: range(in: {}) b: range(in: $in) c: range(in: {low: 2, tags: ["x"]})
      d: optional e: optional(number: null, text: null) f: optional(text: "t")
      g: pick(pick: {number: 4}) h: pick(pick: {text: "t"})
    }"""
    data, errors = ask_sync(schema, query, {"in": {"high": None}})
    assert errors == []
    assert data == {
        "a": "Range 1 unset ['any']",
        "b": "Range 1 None ['any']",
        "c": "Range 2 unset ['x']",
        "d": "5 unset",
        "e": "None None",
        "f": "5 t",
        "g": "Some(4) None",
        "h": "None Some('t')",
    }
