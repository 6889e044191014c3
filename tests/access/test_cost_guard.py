"""Who may run what for its cost, and what clients are told of that."""

from __future__ import annotations

import pytest

from patchbay.access.cost.budget import MAX_BUCKETS, CostBudget
from patchbay.access.cost.guard import CostBudgetExceeded, CostGuard, CostLimitExceeded
from patchbay.caller import Caller
from patchbay.scope import Scope
from tests.access.cost_reckoning import cost_of
from tests.access.test_cost_calls import SCHEMA as CALLS
from tests.access.test_cost_points import SCHEMA

FEW = cost_of(SCHEMA, "query($n: Int) { few(first: $n) { name } }")


class Clock:
    """Time that goes by when a test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_client_spends_what_it_has_and_waits_for_more(clock: Clock) -> None:
    budget = CostBudget(60, now=clock)
    assert budget.take("a", 50) is None
    assert budget.take("a", 20) == pytest.approx(10.0)
    assert budget.take("b", 60) is None
    clock.seconds += 10
    assert budget.take("a", 20) is None
    assert budget.remaining("a") == 0


def test_a_bucket_is_never_more_than_full(clock: Clock) -> None:
    budget = CostBudget(60, now=clock)
    budget.take("a", 10)
    budget.refund("a", 10)
    budget.refund("a", 1_000)
    clock.seconds += 3_600
    assert budget.remaining("a") == 60
    assert len(budget) == 0


def test_the_clients_that_are_remembered_are_bounded(clock: Clock) -> None:
    budget = CostBudget(60, now=clock)
    for number in range(MAX_BUCKETS + 100):
        budget.take(str(number), 1)
    assert len(budget) == MAX_BUCKETS
    assert budget.remaining("0") == 60
    assert budget.remaining(str(MAX_BUCKETS)) == 59


def test_an_operation_beyond_the_limit_is_refused_with_both_numbers() -> None:
    guard = CostGuard(max_points=9, max_calls=10)
    with pytest.raises(CostLimitExceeded, match="10 points, and 9 is the most") as refused:
        guard.admit(FEW, {"n": 10}, "a")
    assert refused.value.status == 400
    assert refused.value.extensions == {
        "code": "COST_LIMIT_EXCEEDED",
        "cost": {"estimated": 10, "actual": 0, "upstreamCalls": {"estimated": 0, "made": 0}},
    }


def test_an_operation_with_too_many_calls_is_refused() -> None:
    guard = CostGuard(max_points=10**6, max_calls=24)
    text = "{ things(first: 25) { edges { node { single { id } } } } }"
    with pytest.raises(CostLimitExceeded, match="26 upstream calls, and 24 is the most"):
        guard.admit(cost_of(CALLS, text), None, "a")


def test_what_is_beyond_reckoning_is_told_without_its_number() -> None:
    guard = CostGuard(max_points=9, max_calls=10)
    text = "{ branch { unknown { " + "parent { unknown { " * 20 + "name" + " } }" * 20 + " } } }"
    with pytest.raises(CostLimitExceeded, match="countless points"):
        guard.admit(cost_of(SCHEMA, text), None, "a")


def test_what_was_not_used_is_given_back(clock: Clock) -> None:
    budget = CostBudget(15, now=clock)
    guard = CostGuard(max_points=100, max_calls=10, budget=budget)
    charge = guard.admit(FEW, {"n": 10}, "a")
    assert budget.remaining("a") == 5
    scope = Scope()
    scope.count("up", "GET /few")
    told = charge.settle({"few": [{"name": "l"}] * 4}, scope)
    assert told == {
        "estimated": 10,
        "actual": 4,
        "upstreamCalls": {"estimated": 0, "made": 1},
        "budget": {"perMinute": 15, "remaining": 11},
    }
    charge.settle(None, scope)
    charge.release()
    assert budget.remaining("a") == 11, "it is given back once"


def test_what_never_ran_costs_nothing(clock: Clock) -> None:
    budget = CostBudget(15, now=clock)
    charge = CostGuard(max_points=100, max_calls=10, budget=budget).admit(FEW, {"n": 10}, "a")
    charge.release()
    assert budget.remaining("a") == 15


def test_a_client_that_has_spent_its_budget_is_told_when_to_come_back(clock: Clock) -> None:
    guard = CostGuard(max_points=100, max_calls=10, budget=CostBudget(15, now=clock))
    guard.admit(FEW, {"n": 10}, "a")
    with pytest.raises(CostBudgetExceeded, match="try again in 20 s") as refused:
        guard.admit(FEW, {"n": 10}, "a")
    assert refused.value.status == 429
    assert refused.value.retry_after_seconds == pytest.approx(20)
    cost = refused.value.cost
    assert cost["budget"] == {"perMinute": 15, "remaining": 5}
    guard.admit(FEW, {"n": 10}, "b")
    clock.seconds += 20
    guard.admit(FEW, {"n": 10}, "a")


def test_what_no_budget_can_pay_is_refused_for_good(clock: Clock) -> None:
    guard = CostGuard(max_points=100, max_calls=10, budget=CostBudget(15, now=clock))
    with pytest.raises(CostLimitExceeded, match="16 points, and 15 is the most"):
        guard.admit(FEW, {"n": 16}, "a")


def test_cost_is_told_to_who_asks_and_to_all_where_there_is_a_budget() -> None:
    guard = CostGuard(max_points=1, max_calls=1)
    assert guard.tells(Caller([(b"patchbay-cost", b"1")]))
    assert not guard.tells(Caller([(b"patchbay-cost", b"0")]))
    assert not guard.tells(Caller())
    assert CostGuard(max_points=1, max_calls=1, budget=CostBudget(1)).tells(Caller())
