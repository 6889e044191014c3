"""Everything that the reference could report: all errors of a run, and where awaitables can race.

When one field nulls its parent, graphql-core gives up the parent's other fields. What they would have
reported is then seen or not, depending on who was first. The oracle runs the operation with error
propagation off, so that every field is completed and every error is there, and notes the type of each
position and each awaitable on the way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLError,
    OperationType,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    located_error,
)
from graphql.execution import Executor

Position = tuple[str | int, ...]
ErrorKey = tuple[Any, ...]


def error_key(error: GraphQLError) -> ErrorKey:
    """What must be equal in two errors that are the same."""
    locations = tuple((each.line, each.column) for each in error.locations or ())
    original = type(error.original_error).__name__
    return (error.message, tuple(error.path or ()), locations, original, repr(error.extensions))


@dataclass
class Record:
    """One operation's run with error propagation off.

    types: GraphQL type of each field's position. awaited: positions whose value was awaited. inner:
    positions where completing the value itself awaited something, an async iterator or the type of an
    object. entered: positions of objects whose fields were executed. serial: whether a root field waits for
    the one before it.
    """

    serial: bool = False

    types: dict[Position, Any] = field(default_factory=dict)
    awaited: set[Position] = field(default_factory=set)
    inner: set[Position] = field(default_factory=set)
    entered: set[Position] = field(default_factory=set)
    errors: Counter[ErrorKey] = field(default_factory=Counter)

    @property
    def asynchronous(self) -> bool:
        return bool(self.awaited or self.inner)

    def starts(self, position: Position) -> list[Position]:
        """Where what is at and below this position starts, one start after the other."""
        if position or not self.serial:
            return [position]
        return [(key,) for key in dict.fromkeys(path[0] for path in self.types)]

    def is_race(self, position: Position, start: Position) -> bool:
        """Whether it is open which of the errors below `start` come before this position is null.

        It is not where one that nulls it comes up on the way down, before anything is awaited: that one is
        always first.
        """
        if start not in self.inner and not self._awaits_between(start, None):
            return False
        paths = [error[1] for error in self.errors if error[1][: len(start)] == start]
        return not any(
            self.nulled(path) == position and not self._awaits_between(start, path) for path in paths
        )

    def _awaits_between(self, top: Position, path: Position | None) -> bool:
        """Whether something was awaited below `top`, on the way to `path` where there is one."""
        depth = len(top)
        below = (each for each in self.awaited | self.inner if len(each) > depth and each[:depth] == top)
        return any(path is None or path[: len(each)] == each for each in below)

    def nulled(self, path: Position) -> Position:
        """The position that becomes null when an error comes from this one; () for all data."""
        while path and is_non_null_type(self._type(path)):
            path = path[:-1]
        return path

    def _type(self, path: Position) -> Any:
        indices = 0
        while isinstance(path[len(path) - indices - 1], int):
            indices += 1
        type_ = self.types[path[: len(path) - indices]]
        for _ in range(indices):
            nullable: Any = get_nullable_type(type_)
            assert is_list_type(nullable)
            type_ = nullable.of_type
        return type_


class Oracle(Executor[Any]):
    """graphql-core's executor without error propagation; `records` gets one record for each operation run."""

    records: list[Record]

    def __init__(self, *args: Any, records: list[Record], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records = records
        self.record = Record()
        self.error_propagation = False

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 -- graphql-core's signature
        is_mutation = self.operation.operation is OperationType.MUTATION
        self.record = Record(serial=is_mutation if serially is None else serially)
        self.records.append(self.record)
        return super().execute_operation(serially)

    def execute_field(self, parent_type: Any, source: Any, details: Any, path: Any, context: Any) -> Any:
        definition = self.schema.get_field(parent_type, details[0].node.name.value)
        if definition:
            self.record.types[tuple(path.as_list())] = definition.type
        return super().execute_field(parent_type, source, details, path, context)

    def handle_field_error(self, raw_error: Exception, return_type: Any, details: Any, path: Any) -> None:
        error = located_error(raw_error, [each.node for each in details], path.as_list())
        self.record.errors[error_key(error)] += 1
        super().handle_field_error(raw_error, return_type, details, path)

    async def complete_awaitable_value(self, *args: Any) -> Any:
        self.record.awaited.add(tuple(args[3].as_list()))
        return await super().complete_awaitable_value(*args)

    async def complete_awaitable_list_item_value(self, *args: Any) -> Any:
        self.record.awaited.add(tuple(args[4].as_list()))
        return await super().complete_awaitable_list_item_value(*args)

    async def complete_async_iterator_value(self, *args: Any) -> Any:
        self.record.inner.add(tuple(args[3].as_list()))
        return await super().complete_async_iterator_value(*args)

    def complete_abstract_value(self, *args: Any) -> Any:
        return self._noted(args[3], super().complete_abstract_value(*args))

    def complete_object_value(self, *args: Any) -> Any:
        return self._noted(args[3], super().complete_object_value(*args))

    def execute_collected_subfields(self, *args: Any) -> Any:
        self.record.entered.add(tuple(args[2].as_list()))
        return super().execute_collected_subfields(*args)

    def _noted(self, path: Any, completed: Any) -> Any:
        position = tuple(path.as_list())
        if self.is_awaitable(completed) and position not in self.record.entered:
            self.record.inner.add(position)
        return completed
