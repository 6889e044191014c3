"""GraphiQL's examples run."""

from __future__ import annotations

import pytest

from patchbay.server.graphiql import Example, load_examples
from schema import schema
from tests.serving import ROOT, GraphServer

WIDEST_LINE_CHARACTERS = 40
"""What GraphiQL shows of a line beside its toolbar, in a window of common width."""

EXAMPLES = load_examples(ROOT / "docs" / "examples")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_fits_the_schema_and_runs(graph: GraphServer, example: Example) -> None:
    if "subscription" in example.query:
        result = schema.introspect()
        assert result["__schema"]["subscriptionType"]["name"] == "Subscription"
        return
    data = graph.execute(example.query).data
    assert all(value is not None for value in data.values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_no_line_of_an_example_is_cut_off(example: Example) -> None:
    assert max(map(len, example.query.splitlines())) <= WIDEST_LINE_CHARACTERS
