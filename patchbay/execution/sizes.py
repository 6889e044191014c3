"""Lists are held to the length that the schema declares (patchbay.costs): what is longer is an error.

Before a query runs it was reckoned with that length. A list that nothing is declared of is as long as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from graphql.execution.values import get_argument_values

from patchbay.errors import PatchbayError
from patchbay.execution.guarded import GuardedExecutor
from patchbay.lengths import declared_by

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping

    from graphql import GraphQLList, GraphQLObjectType, GraphQLResolveInfo
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.pyutils import AwaitableOrValue, Path

    from patchbay.execution.block import Block
    from patchbay.execution.plan import FieldPlan
    from patchbay.execution.run import Run
    from patchbay.lengths import Length

_log = structlog.get_logger("patchbay.execution")


class ListTooLong(PatchbayError):
    """A list is longer than the schema declares.

    Args:
        field: as "Order.items".
        maximum: how long it may be.
    """

    code = "LIST_TOO_LONG"

    def __init__(self, field: str, maximum: int) -> None:
        super().__init__(f"{field} has more than the {maximum} items that the schema declares")
        self.field = field
        self.maximum = maximum

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "field": self.field, "max": self.maximum}


class Limit:
    """How long the lists of one field may be here.

    Args:
        field: as "Order.items".
        most: items of one list.
    """

    __slots__ = ("_is_told", "field", "most")

    def __init__(self, field: str, most: int) -> None:
        self.field = field
        self.most = most
        self._is_told = False

    def error(self) -> ListTooLong:
        """What stands in place of a longer list; logged once."""
        if not self._is_told:
            self._is_told = True
            _log.warning("list_too_long", field=self.field, max=self.most)
        return ListTooLong(self.field, self.most)

    def held(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items. Raises ListTooLong in place of one too many."""
        for place, item in enumerate(items):
            if place == self.most:
                raise self.error()
            yield item

    async def held_async(self, items: AsyncIterable[Any]) -> AsyncIterator[Any]:
        """As `held`."""
        place = 0
        async for item in items:
            if place == self.most:
                raise self.error()
            place += 1
            yield item


def limit_of(run: Run, block: Block, field: FieldPlan) -> Limit | None:
    """The limit of a field of a plan; None where it has none."""
    teller: FieldPlan | None = field
    length = declared_by(field.definition).own
    if length is None:
        teller = block.field
        length = None if teller is None else declared_by(teller.definition).of_fields.get(field.name)
    if length is None or teller is None:
        return None
    arguments: Mapping[str, Any] | None = None
    if length.slicing:
        arguments = run.arguments.get(teller)
        if arguments is None:
            detail = teller.details[0]
            arguments = get_argument_values(
                teller.definition, detail.node, run.executor.variable_values, detail.fragment_variable_values
            )
    return _limit(f"{field.parent_type.name}.{field.name}", length, arguments or {})


def _limit(field: str, length: Length, arguments: Mapping[str, Any]) -> Limit | None:
    most = length.most(arguments)
    return None if most is None else Limit(field, most)


class SizedExecutor(GuardedExecutor):
    """Holds lists to their length where graphql-core executes, as with @defer and @stream."""

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list. Raises ListTooLong."""
        limit = self._limit(field_details_list, info, path)
        if limit is not None:
            if isinstance(result, list | tuple):
                if len(result) > limit.most:
                    raise limit.error()
            elif self.is_async_iterable(result):
                result = limit.held_async(result)
            elif not isinstance(result, str | bytes | dict) and hasattr(type(result), "__iter__"):
                result = limit.held(result)
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete an object, and note how long its lists may be."""
        definition = self.schema.get_field(info.parent_type, info.field_name)
        lengths = {} if definition is None else declared_by(definition).of_fields
        if lengths:
            arguments = self._arguments(field_details_list, info)
            noted = self.__dict__.setdefault("sized_paths", {})
            noted[path] = {name: length.most(arguments) for name, length in lengths.items()}
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _limit(
        self, field_details_list: FieldDetailsList, info: GraphQLResolveInfo[Any], path: Path
    ) -> Limit | None:
        name = f"{info.parent_type.name}.{info.field_name}"
        definition = self.schema.get_field(info.parent_type, info.field_name)
        own = None if definition is None else declared_by(definition).own
        if own is not None:
            return _limit(name, own, self._arguments(field_details_list, info) if own.slicing else {})
        while isinstance(path.key, int) and path.prev is not None:
            path = path.prev
        most = self.__dict__.get("sized_paths", {}).get(path.prev, {}).get(info.field_name)
        return None if most is None else Limit(name, most)

    def _arguments(
        self, field_details_list: FieldDetailsList, info: GraphQLResolveInfo[Any]
    ) -> dict[str, Any]:
        detail = field_details_list[0]
        return get_argument_values(
            info.parent_type.fields[info.field_name],
            detail.node,
            self.variable_values,
            detail.fragment_variable_values,
        )
