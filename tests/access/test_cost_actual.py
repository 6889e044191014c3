"""What answers have come to, by the same weights as before they ran."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.cost_reckoning import cost_of
from tests.access.test_cost_points import SCHEMA

LEAF = {"name": "l"}


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("{ branch { name } }", {"branch": {"name": "b"}}, 1),
        ("{ branch { name } }", {"branch": None}, 0),
        ("{ branch { leaves { name } } }", {"branch": {"leaves": [LEAF, LEAF]}}, 3),
        ("{ few(first: 9) { name } }", {"few": [LEAF]}, 1),
        ("{ report { title } }", {"report": {"title": "t"}}, 10),
        # A field that weighs itself was there, whatever it has brought.
        ("{ dear { name } }", {"dear": None}, 3),
        ("{ searched(deep: true) { name } }", {"searched": LEAF}, 4),
        ("{ a: few { name } b: few { name } }", {"a": [LEAF], "b": [LEAF, LEAF]}, 3),
        (
            "{ named { __typename ... on Leaf { parent { name } } ... on Branch { leaves { name } } } }",
            {"named": {"__typename": "Branch", "leaves": [LEAF, LEAF]}},
            3,
        ),
        (
            "{ named { ... on Leaf { parent { name } } ... on Branch { leaves { name } } } }",
            {"named": {"parent": {"name": "b"}}},
            2,
        ),
    ],
)
def test_the_objects_of_an_answer_are_counted(text: str, data: dict[str, Any], expected: int) -> None:
    cost = cost_of(SCHEMA, text)
    assert cost.actual(data) == expected <= cost.bound().points


def test_no_answer_comes_to_nothing() -> None:
    assert cost_of(SCHEMA, "{ branch { name } }").actual(None) == 0


def test_what_was_skipped_is_not_counted() -> None:
    cost = cost_of(SCHEMA, "query($x: Boolean!) { branch { name } report @skip(if: $x) { title } }")
    assert cost.actual({"branch": {"name": "b"}}, {"x": True}) == 1
