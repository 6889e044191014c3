from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from random import Random
from typing import Any

import pytest
from graphql import validate
from graphql.execution import Executor
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from patchbay.execution import CompiledExecutor
from tests.execution.differential.cases import case_of
from tests.execution.differential.house import house_case
from tests.execution.differential.judge import Judge
from tests.execution.differential.mutants import MUTANTS
from tests.execution.differential.runs import Runs
from tests.execution.differential.search import explained, search

SEED = 1
CASES = 2_000
# Ten times what the worst mutant of several seeds needed.
CASES_FOR_MUTANTS = 4_000

CONSTANT = ("schema", "operation", "fragment_definitions", "fragments", "is_awaitable", "error_propagation")
STATE = ("root_value", "context_value", "variable_values", "middleware_manager")

pytestmark = pytest.mark.timeout(240)


class JitteringExecutor(Executor[Any]):
    """graphql-core's, with every awaitable a few turns later: any other timing is as good as this one."""

    _random = Random(1)

    async def with_abort_signal(self, awaitable: Awaitable[Any]) -> Any:
        for _ in range(self._random.randrange(5)):
            await asyncio.sleep(0)
        return await awaitable


class PreparedExecutor(CompiledExecutor):
    """The compiled executor as the server makes it, which leaves out what may not be needed."""

    @classmethod
    def build(cls, *arguments: Any, **named: Any) -> Any:
        """An executor, or a list of errors."""
        built = super().build(*arguments, **named)
        if isinstance(built, list):
            return built
        state = {name: built.__dict__[name] for name in STATE}
        constant = {name: built.__dict__[name] for name in CONSTANT}
        return CompiledExecutor.ready(constant, **state)


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with Runs() as opened:
        yield opened


@pytest.mark.parametrize("executor_class", [CompiledExecutor, PreparedExecutor])
@pytest.mark.parametrize("first", range(0, CASES, 500))
def test_the_compiled_executor_answers_as_graphql_core_does(
    first: int, executor_class: type[CompiledExecutor]
) -> None:
    seed = SEED if executor_class is CompiledExecutor else SEED + 1
    found = search(executor_class, range(first, first + 500), seed=seed)
    assert not found.differences, found.differences[0]


def test_the_compiled_executor_answers_as_strawberry_does_over_records_and_links() -> None:
    found = search(CompiledExecutor, range(1_000), graph="house")
    assert not found.differences, found.differences[0]


def test_queries_over_records_and_links_are_valid_and_mostly_answered(runs: Runs) -> None:
    cases = [house_case(Random(f"house/{number}")) for number in range(200)]
    assert not any(validate(case.schema, case.document) for case in cases)
    answers = [runs.run(case, StrawberryGraphQLCoreExecutionContext) for case in cases]
    with_data = [response for answer in answers for response in answer.responses if response.value]
    assert len(with_data) > 150
    assert any(response.errors for response in with_data)


# What is found is made smaller by reduce.py, which knows what it has in hand; Hypothesis takes minutes.
@settings(
    max_examples=200,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
@given(rng=st.randoms(use_true_random=False))
def test_the_compiled_executor_answers_drawn_cases_as_graphql_core_does(runs: Runs, rng: Random) -> None:
    case = case_of(rng)
    judge = Judge(runs, CompiledExecutor)
    assert not judge.difference(case), explained(judge, case)


def test_cases_are_valid_operations_and_ask_for_everything_that_there_is() -> None:
    cases = [case_of(Random(f"valid/{number}")) for number in range(300)]
    for case in cases:
        assert not validate(case.schema, case.document), case.query
    everything = "\n".join(case.query for case in cases)
    for wanted in ("mutation", "subscription", "fragment", "... on", "@skip", "@include", ": c", "null"):
        assert wanted in everything


def test_the_judge_accepts_any_timing(runs: Runs) -> None:
    judge = Judge(runs, JitteringExecutor)
    for number in range(400):
        assert not judge.difference(case_of(Random(f"timing/{number}")))
    assert judge.undecided > 0


def test_cases_are_more_often_answered_than_not(runs: Runs) -> None:
    answers = [runs.run(case_of(Random(f"answers/{number}")), Executor) for number in range(300)]
    responses = [response for answer in answers for response in answer.responses]
    with_data = [response for response in responses if response.value is not None]
    assert len(with_data) > len(responses) / 2
    assert sum(bool(response.errors) for response in with_data) > len(with_data) / 6


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_broken_executor_is_found(mutant: type[Executor[Any]]) -> None:
    assert search(mutant, range(CASES_FOR_MUTANTS), seed=SEED).differences
