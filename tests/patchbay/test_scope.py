"""The scope of an operation: who sees it, its clock, its tally, what it has loaded."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from patchbay.scope import Scope, current_scope, enter_scope


async def test_every_task_started_under_an_operation_sees_its_scope() -> None:
    async def see() -> Scope:
        await asyncio.sleep(0)
        return current_scope()

    scope = Scope()
    enter_scope(scope)
    assert all(seen is scope for seen in await asyncio.gather(see(), see()))


async def test_operations_beside_one_another_do_not_see_each_others() -> None:
    async def operation() -> tuple[Scope, Scope]:
        scope = Scope()
        enter_scope(scope)
        await asyncio.sleep(0.01)
        return scope, current_scope()

    outcomes = await asyncio.gather(*(operation() for _ in range(3)))
    assert all(entered is seen for entered, seen in outcomes)
    assert len({id(seen) for _, seen in outcomes}) == 3


def test_outside_of_any_operation_each_use_has_its_own() -> None:
    # An empty context: another test may have entered a scope in this one.
    context = contextvars.Context()
    assert context.run(current_scope) is not context.run(current_scope)


def test_the_clock_counts_down_to_zero_and_not_further() -> None:
    scope = Scope()
    assert scope.remaining_seconds() is None
    scope.start_clock(5)
    assert scope.remaining_seconds() == pytest.approx(5, abs=0.5)
    scope.start_clock(-1)
    assert scope.remaining_seconds() == 0


def test_a_call_may_take_its_limit_or_what_is_left() -> None:
    scope = Scope()
    assert scope.allowance_seconds(3) == 3
    scope.start_clock(5)
    assert scope.allowance_seconds(3) == 3
    assert scope.allowance_seconds(9) == pytest.approx(5, abs=0.5)
    scope.start_clock(-1)
    assert scope.allowance_seconds(3) == 0


def test_calls_are_tallied_by_operation_and_by_upstream() -> None:
    scope = Scope()
    for source, operation in [("crm", "GET /a"), ("crm", "GET /b"), ("crm", "GET /a"), ("erp", "Stock")]:
        scope.count(source, operation)
    assert scope.calls == {("crm", "GET /a"): 2, ("crm", "GET /b"): 1, ("erp", "Stock"): 1}
    assert scope.calls_by_source() == {"crm": 3, "erp": 1}
