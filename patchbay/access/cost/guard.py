"""Whether an operation may run for what it costs, and what its client is told of that.

    charge = guard.admit(cost, variables, key)     # raises CostLimitExceeded, CostBudgetExceeded
    ...                                            # the operation runs
    told = charge.settle(data, scope)              # gives back what was not used; extensions.cost

What is not settled (streams, whose answers have no end that is known) stays spent as it was estimated; what
never ran is released.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from patchbay.access.cost.formula import BEYOND
from patchbay.errors import PatchbayError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from patchbay.access.cost.budget import CostBudget
    from patchbay.access.cost.model import Bound, OperationCost
    from patchbay.caller import Caller
    from patchbay.scope import Scope

    Told: TypeAlias = dict[str, Any]

ASKING_HEADER: Final = "Patchbay-Cost"
"""A request with this header and the value 1 is told its cost."""


class CostLimitExceeded(PatchbayError):
    """The operation may come to more than any operation may.

    Args:
        message: with both numbers.
        cost: what `extensions.cost` of the answer says.
    """

    code = "COST_LIMIT_EXCEEDED"
    status = 400
    is_graphql = True

    def __init__(self, message: str, cost: Told) -> None:
        super().__init__(message)
        self.cost = cost

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "cost": self.cost}


class CostBudgetExceeded(PatchbayError):
    """The client has spent its budget.

    Args:
        retry_after_seconds: when there may be enough again.
        cost: as for CostLimitExceeded.
    """

    code = "COST_BUDGET_EXCEEDED"
    status = 429

    def __init__(self, retry_after_seconds: float, cost: Told) -> None:
        super().__init__(f"the budget of this minute is spent; try again in {ceil(retry_after_seconds)} s")
        self.retry_after_seconds = retry_after_seconds
        self.cost = cost

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        seconds = ceil(self.retry_after_seconds)
        return {"code": self.code, "retry_after_seconds": seconds, "cost": self.cost}


class CostGuard:
    """Admits operations by their cost.

    Args:
        max_points: that one operation may come to.
        max_calls: upstream calls that one operation may come to.
        budget: of each client; None where nobody has one.
    """

    def __init__(self, *, max_points: int, max_calls: int, budget: CostBudget | None = None) -> None:
        self.max_points = max_points
        self.max_calls = max_calls
        self.budget = budget

    def admit(self, cost: OperationCost, variables: Mapping[str, Any] | None, key: str) -> Charge:
        """Charge a client with an operation.

        Args:
            cost: the operation's.
            variables: of the request, coerced or as they were sent.
            key: the client: its identity's, or its address where it has none.

        Raises:
            CostLimitExceeded: it may come to too much.
            CostBudgetExceeded: it may come to more than the client has left.
            InputError: a list's length has to be given, and is not.
        """
        bound = cost.bound(variables)
        charge = Charge(self, cost, variables, key, bound)
        budget = self.budget
        most = self.max_points if budget is None else min(self.max_points, budget.per_minute)
        if bound.points > most:
            raise CostLimitExceeded(
                f"the operation may cost {_number(bound.points)} points, and {most} is the most",
                charge.told(),
            )
        if bound.calls > self.max_calls:
            raise CostLimitExceeded(
                f"the operation may make {_number(bound.calls)} upstream calls, "
                f"and {self.max_calls} is the most",
                charge.told(),
            )
        if budget is not None:
            seconds = budget.take(key, bound.points)
            if seconds is not None:
                raise CostBudgetExceeded(seconds, charge.told())
        return charge

    def tells(self, caller: Caller) -> bool:
        """Whether a client's answers have `extensions.cost`."""
        return self.budget is not None or caller.header(ASKING_HEADER) == "1"


class Charge:
    """What one operation was charged.

    Args:
        guard: that admitted it.
        cost, variables, key: see CostGuard.admit.
        bound: what it comes to at most.
    """

    __slots__ = ("_cost", "_guard", "_is_settled", "_key", "_variables", "bound")

    def __init__(
        self,
        guard: CostGuard,
        cost: OperationCost,
        variables: Mapping[str, Any] | None,
        key: str,
        bound: Bound,
    ) -> None:
        self.bound = bound
        self._guard = guard
        self._cost = cost
        self._variables = variables
        self._key = key
        self._is_settled = False

    def settle(self, data: Mapping[str, Any] | None, scope: Scope) -> Told:
        """Give back what the operation was charged and has not come to; what `extensions.cost` says.

        Args:
            data: the answer's.
            scope: the operation's, which has counted its calls.
        """
        actual = self._cost.actual(data, self._variables)
        self._refund(self.bound.points - actual)
        return self.told(actual, sum(scope.calls.values()))

    def release(self) -> None:
        """Give back everything, as the operation has not run."""
        self._refund(self.bound.points)

    def told(self, actual: int = 0, calls: int = 0) -> Told:
        """What `extensions.cost` says.

        Args:
            actual: points that the answer has come to.
            calls: that were made.
        """
        told: Told = {
            "estimated": self.bound.points,
            "actual": actual,
            "upstreamCalls": {"estimated": self.bound.calls, "made": calls},
        }
        budget = self._guard.budget
        if budget is not None:
            told["budget"] = {"perMinute": budget.per_minute, "remaining": budget.remaining(self._key)}
        return told

    def _refund(self, points: int) -> None:
        budget = self._guard.budget
        if budget is not None and not self._is_settled:
            budget.refund(self._key, points)
        self._is_settled = True


def _number(value: int) -> str:
    return "countless" if value >= BEYOND else str(value)
