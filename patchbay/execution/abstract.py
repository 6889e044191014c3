"""Values of interfaces and unions: told apart by their type, and completed type by type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.execution.arriving import as_they_come
from patchbay.execution.columns import Failure, Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import GraphQLObjectType

    from patchbay.execution.block import Block
    from patchbay.execution.complete import Completion
    from patchbay.execution.plan import AbstractOutput, FieldPlan
    from patchbay.execution.run import Run

    Put = Callable[[Any], None]


class AbstractCompletion:
    """Completes columns of values whose type is known only from the values."""

    __slots__ = ("_complete", "_run")

    def __init__(self, run: Run, complete: Completion) -> None:
        self._run = run
        self._complete = complete

    def __call__(
        self, block: Block, field: FieldPlan, output: AbstractOutput, values: list[Any], put: Put
    ) -> None:
        """Find each value's object type, and complete the values of each type together."""
        run = self._run
        resolve = output.type.resolve_type or run.executor.type_resolver
        info = run.info(block, field, 0) if block.sources else None
        names: list[Any] = []
        for value in values:
            if value is None or type(value) is Failure:
                names.append(value)
                continue
            try:
                names.append(resolve(value, info, output.type))  # type: ignore[arg-type] # a value has a source
            except Exception as error:  # noqa: BLE001 - whatever it raises is the value's error
                names.append(run.fail(error))

        def go_on(places: Sequence[int], names: list[Any], put: Put) -> None:
            self._part(block, field, output, [values[place] for place in places], names, put)

        as_they_come(run, block, field, names, go_on, put, eager=True)

    def _part(
        self,
        block: Block,
        field: FieldPlan,
        output: AbstractOutput,
        values: list[Any],
        names: list[Any],
        put: Put,
    ) -> None:
        column = Parts(len(values))
        rows: dict[GraphQLObjectType, list[int]] = {}
        for row, (value, name) in enumerate(zip(values, names, strict=True)):
            type_ = self._type(block, field, output, value, name)
            if isinstance(type_, Failure):
                column.fail(row, type_)
            elif type_ is not None:
                rows.setdefault(type_, []).append(row)
        put(column)
        for type_, of_type in rows.items():
            found = [values[row] for row in of_type]
            self._complete.objects(block, field, type_, found, set(map(type, found)), column.add(of_type))

    def _type(
        self, block: Block, field: FieldPlan, output: AbstractOutput, value: Any, name: Any
    ) -> GraphQLObjectType | Failure | None:
        """The object type of a value; None of null."""
        run = self._run
        if value is None or type(value) is Failure:
            return value
        if type(name) is Failure:
            return name
        if isinstance(name, Exception):
            return run.fail(name)
        try:
            info = run.info(block, field, 0)
            return run.executor.ensure_valid_runtime_type(name, output.type, field.details, info, value)
        except Exception as error:  # noqa: BLE001 - the value's error
            return run.fail(error)
