"""Operations that schemathesis makes of the schema; `python -m tests.clients.generated` asks more of them."""

from __future__ import annotations

from tests.clients.generated import Run
from tests.serving import GraphServer


def test_every_generated_operation_is_answered_as_graphql_says(graph: GraphServer) -> None:
    tally = Run(f"{graph.url}/graphql").ask(100, seed_=7)
    assert tally.examples >= 90
    assert tally.with_data >= 20
    assert len(tally.asked) >= 9
