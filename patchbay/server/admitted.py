"""An operation that may run, between admission and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from strawberry.types.graphql import OperationType

if TYPE_CHECKING:
    from graphql.execution.values import VariableValues

    from patchbay.access.cost.guard import Charge
    from patchbay.caller import Caller
    from patchbay.server.documents import Document
    from patchbay.server.operations import Operation
    from patchbay.server.transports.asked import Asked


class Admitted(msgspec.Struct):
    """An operation that may run.

    Args:
        asked: what the client sent.
        caller: who asks.
        document: what it is an operation of.
        operation: the operation.
        values: its variables, coerced.
        charge: for what it costs.
    """

    asked: Asked
    caller: Caller
    document: Document
    operation: Operation
    values: VariableValues
    charge: Charge

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.type

    @property
    def name(self) -> str | None:
        """The operation's, if it has one."""
        return self.operation.name

    @property
    def is_incremental(self) -> bool:
        """Whether it wants parts of its answer later, with @defer or @stream."""
        return self.operation.plans.incremental

    @property
    def streams(self) -> bool:
        """Whether more than one result may come."""
        return self.type is OperationType.SUBSCRIPTION or self.is_incremental
