"""Values of interfaces and unions: told apart by their type, and completed type by type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.execution.columns import Failure, Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import GraphQLObjectType

    from patchbay.execution.columns import Block
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
        awaitable = run.executor.is_awaitable
        places = [place for place, name in enumerate(names) if awaitable(name)]
        if not places:
            self._part(block, field, output, values, names, put)
            return

        def then(_: Sequence[int], results: list[Any]) -> None:
            for place, result in zip(places, results, strict=True):
                names[place] = run.fail(result) if isinstance(result, Exception) else result
            self._part(block, field, output, values, names, put)

        run.wait(block, field, [names[place] for place in places], then)

    def _part(
        self,
        block: Block,
        field: FieldPlan,
        output: AbstractOutput,
        values: list[Any],
        names: list[Any],
        put: Put,
    ) -> None:
        info = self._run.info(block, field, 0) if block.sources else None
        ensure = self._run.executor.ensure_valid_runtime_type
        parts: dict[GraphQLObjectType, list[Any]] = {}
        places: dict[GraphQLObjectType, int] = {}
        refs: list[Any] = []
        dirty = False
        for value, name in zip(values, names, strict=True):
            if value is None or type(value) is Failure:
                refs.append(value)
                dirty = dirty or value is not None
                continue
            if type(name) is Failure:
                refs.append(name)
                dirty = True
                continue
            try:
                type_ = ensure(name, output.type, field.details, info, value)  # type: ignore[arg-type] # as above
            except Exception as error:  # noqa: BLE001 - the value's error
                refs.append(self._run.fail(error))
                dirty = True
                continue
            of_type = parts.setdefault(type_, [])
            refs.append((places.setdefault(type_, len(places)), len(of_type)))
            of_type.append(value)
        column = Parts(refs, len(parts), dirty=dirty)
        put(column)
        for type_, of_type in parts.items():

            def put_part(part: Any, place: int = places[type_]) -> None:
                column.parts[place] = part

            self._complete.objects(block, field, type_, of_type, set(map(type, of_type)), put_part)
