"""Completing: from what resolvers answer to columns of serialised values, lists and objects."""

from __future__ import annotations

from types import GeneratorType, NoneType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Undefined
from graphql.pyutils.undefined import UndefinedType

from patchbay.execution.abstract import AbstractCompletion
from patchbay.execution.arriving import as_they_come
from patchbay.execution.block import Block
from patchbay.execution.columns import Failure, Leaf, Objects
from patchbay.execution.compile import MAX_DEPTH, selection_of
from patchbay.execution.leaves import leaf_column
from patchbay.execution.lists import ListCompletion
from patchbay.execution.plan import AbstractOutput, Edge, LeafOutput, ListOutput, ObjectOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import GraphQLObjectType

    from patchbay.execution.plan import FieldPlan, Output
    from patchbay.execution.run import Run

    Put = Callable[[Any], None]

_PLAIN: set[type] = set()
"""Types whose values are neither awaitable, nor exceptions, nor Undefined."""

MAX_TYPES = 10_000
"""Of these types, how many are remembered."""


def is_plain(kind: type) -> bool:
    """Whether values of this type are what they are: nothing to await, to raise or to take for null."""
    if kind in _PLAIN:
        return True
    plain = not (
        issubclass(kind, Exception | UndefinedType | GeneratorType)
        or hasattr(kind, "__await__")
        or hasattr(kind, "__getattr__")
    )
    if plain and len(_PLAIN) < MAX_TYPES:
        _PLAIN.add(kind)
    return plain


class Completion:
    """Completes columns of one run."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, block: Block, field: FieldPlan, output: Output, values: list[Any], put: Put) -> None:
        """Complete a column, and put it in its place: at once, or when what it waits for has come.

        Args:
            block: where the field stands.
            field: whose values these are.
            output: what they shall be: the field's own output, or a part of it.
            values: as resolved. Not changed.
            put: takes the Column.
        """
        kinds = set(map(type, values))
        if not kinds <= _PLAIN and not all(map(is_plain, kinds)):

            def go_on(_: Sequence[int], found: list[Any], put: Put) -> None:
                self._plain(block, field, output, *self._ordinary(found), put)

            as_they_come(self._run, block, field, values, go_on, put, eager=not output.nullable)
        else:
            self._plain(block, field, output, values, kinds, put)

    def _ordinary(self, values: list[Any]) -> tuple[list[Any], set[type]]:
        """Exceptions become Failures, and Undefined null."""
        fail = self._run.fail
        ordinary = [
            fail(value) if isinstance(value, Exception) else None if value is Undefined else value
            for value in values
        ]
        return ordinary, set(map(type, ordinary))

    def _plain(
        self,
        block: Block,
        field: FieldPlan,
        output: Output,
        values: list[Any],
        kinds: set[type],
        put: Put,
    ) -> None:
        if not output.nullable and NoneType in kinds:
            values = [self.null_failure(field) if value is None else value for value in values]
            kinds = set(map(type, values))
        if type(output) is LeafOutput:
            column = leaf_column(output, values, kinds, self._run.turn)
            if column.dirty:
                self._run.note_failure()
            put(column)
        elif type(output) is ListOutput:
            ListCompletion(self._run, self)(block, field, output, values, kinds, put)
        elif type(output) is ObjectOutput:
            self.objects(block, field, output.type, values, kinds, put)
        elif isinstance(output, AbstractOutput):
            AbstractCompletion(self._run, self)(block, field, output, values, put)

    def null_failure(self, field: FieldPlan) -> Failure:
        """The error of null where the schema has none."""
        message = f"Cannot return null for non-nullable field {field.parent_type}.{field.name}."
        return self._run.fail(TypeError(message))

    def objects(
        self,
        block: Block,
        field: FieldPlan,
        type_: GraphQLObjectType,
        values: list[Any],
        kinds: set[type],
        put: Put,
    ) -> None:
        """Complete values as objects of one type; None and Failure stay what they are."""
        check = type_.is_type_of
        if check is None or _are_records(check, kinds) or _is_narrowed(field):
            self._start(block, field, type_, values, kinds, put)
            return
        info = self._run.info(block, field, 0) if block.sources else None
        verdicts: list[Any] = []
        for value in values:
            if value is None or type(value) is Failure:
                verdicts.append(True)
                continue
            try:
                verdicts.append(check(value, info))  # type: ignore[arg-type] # there is a value, so a source
            except Exception as error:  # noqa: BLE001 - whatever the check raises is the value's error
                verdicts.append(self._run.fail(error))

        def go_on(places: Sequence[int], verdicts: list[Any], put: Put) -> None:
            judged = [
                self._judged(field, type_, values[place], verdict)
                for place, verdict in zip(places, verdicts, strict=True)
            ]
            self._start(block, field, type_, judged, set(map(type, judged)), put)

        as_they_come(self._run, block, field, verdicts, go_on, put, eager=True)

    def _judged(self, field: FieldPlan, type_: GraphQLObjectType, value: Any, verdict: Any) -> Any:
        if type(verdict) is Failure:
            return verdict
        if isinstance(verdict, Exception):
            return self._run.fail(verdict)
        return value if verdict else self._run.fail(invalid_return_type_error(type_, value, field.details))

    def _start(
        self,
        block: Block,
        field: FieldPlan,
        type_: GraphQLObjectType,
        values: list[Any],
        kinds: set[type],
        put: Put,
    ) -> None:
        try:
            if block.depth >= MAX_DEPTH:
                raise GraphQLError("Selections are nested too deeply.", field.nodes)  # noqa: TRY301 - as below
            selection = selection_of(self._run.executor, field, type_, block.depth)
        except Exception as error:  # noqa: BLE001 - a directive that cannot be used is each object's error
            values = [
                value if value is None or type(value) is Failure else self._run.fail(error)
                for value in values
            ]
            put(Leaf(values, dirty=True))
            return
        dirty = Failure in kinds
        if dirty or NoneType in kinds:
            sources: list[Any] = []
            refs: list[Any] = []
            for value in values:
                if value is None or type(value) is Failure:
                    refs.append(value)
                else:
                    refs.append(len(sources))
                    sources.append(value)
            child = Block(selection, sources, block, field)
            put(Objects(refs, child, dirty=dirty))
        else:
            child = Block(selection, values, block, field)
            put(Objects(None, child, dirty=False))
        if child.sources:
            self._run.start(child)


def _are_records(check: Any, kinds: set[type]) -> bool:
    knows = getattr(check, "knows", None)
    return knows is not None and all(kind is NoneType or kind is Failure or knows(kind) for kind in kinds)


def _is_narrowed(field: FieldPlan) -> bool:
    """Whether the values are records of a narrowed read, which only the plan can have asked for."""
    return type(field.source) is Edge and field.source.is_narrowed
