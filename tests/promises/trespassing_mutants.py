"""What is broken in how a server keeps clients from what is not for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from patchbay import nodes
from patchbay.access.authorization.grants import Grants
from patchbay.access.authorization.touched import conditions_in
from patchbay.execution import plans
from patchbay.execution.guarded import GuardedExecutor
from patchbay.execution.plans import OperationPlans
from patchbay.scope import Scope
from patchbay.server.flights import Flights
from tests.promises.patching import patch


def fragments_unseen() -> None:
    """Of what an operation touches, fragments are left out."""
    patch(plans, "conditions_in", lambda rules, operation, _: conditions_in(rules, operation, {}))


def types_unguarded() -> None:
    """What stands at types is not asked."""
    patch(Grants, "denies_type", lambda *_: False)


def node_unchecked() -> None:
    """A node is read before its type is looked at."""
    patch(nodes, "current_scope", Scope)


def plans_shared() -> None:
    """Clients that differ in what they may see are given the plan of the first one."""
    patch(OperationPlans, "_asked", lambda *_: ())


def later_unguarded() -> None:
    """What is deferred or streamed is executed as graphql-core does it."""
    patch(GuardedExecutor, "execute_field", StrawberryGraphQLCoreExecutionContext.execute_field)


def streams_opened() -> None:
    """A subscription's source is opened before anybody is asked who may see it."""
    core = StrawberryGraphQLCoreExecutionContext.build_resolve_info

    def unasked(self: Any, *arguments: Any) -> Any:
        return core(self, *arguments)

    patch(GuardedExecutor, "build_resolve_info", unasked)


def flights_shared() -> None:
    """Clients are not told apart where identical operations share a flight."""
    for name in ("get", "start", "end"):
        patch(Flights, name, _of_anybody(getattr(Flights, name)))


def _of_anybody(method: Callable[..., Any]) -> Callable[..., Any]:
    def keyed(self: Flights, key: Any, *rest: Any) -> Any:
        body, _ = key
        return method(self, body, *rest)

    return keyed


TRESPASSING_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        fragments_unseen, types_unguarded, node_unchecked, plans_shared, later_unguarded, streams_opened,
        flights_shared,
    )
}  # fmt: skip
