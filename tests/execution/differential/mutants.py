"""Executors that are wrong in one thing each. A search that does not find one of them is too weak."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, is_non_null_type
from graphql.execution import ExecutionResult, Executor
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path


class KeepsChildrenOfNull(Executor[Any]):
    """A null where none may be stays, and its parent stays too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_propagation = False


class SwapsItems(Executor[Any]):
    """The first two items of longer lists change places."""

    def complete_iterable_value(self, *args: Any) -> Any:
        items = list(args[4])
        if len(items) > 2:
            items[:2] = items[1::-1]
        changed: list[Any] = [*args[:4], items, *args[5:]]
        return super().complete_iterable_value(*changed)


class LosesIndices(Executor[Any]):
    """Errors below the second item of a list say that they are below the first."""

    def handle_field_error(self, raw_error: Exception, return_type: Any, details: Any, path: Path) -> None:
        located = Path(path.prev, 0, path.typename) if path.key == 1 else path
        super().handle_field_error(raw_error, return_type, details, located)


class LosesErrors(Executor[Any]):
    """Of several errors, one is missing."""

    def build_response(self, data: Any) -> Any:
        result = super().build_response(data)
        if isinstance(result, ExecutionResult) and len(result.errors or ()) > 2:
            return ExecutionResult(result.data, result.errors[1:] if result.errors else None)
        return result


class TellsTwice(Executor[Any]):
    """A position that fails twice is told twice."""

    def handle_field_error(self, raw_error: Exception, return_type: Any, details: Any, path: Path) -> None:
        super().handle_field_error(raw_error, return_type, details, path)
        errors = self.collected_errors.errors
        if not path.prev:
            errors.append(errors[-1])


class ReordersErrors(Executor[Any]):
    """Errors come the other way round."""

    def build_response(self, data: Any) -> Any:
        self.collected_errors.errors.reverse()
        return super().build_response(data)


class IgnoresMergedFields(Executor[Any]):
    """Of a field that is selected several times, the first selection counts alone."""

    def collect_subfields(self, return_type: Any, field_details_list: Any) -> Any:
        return super().collect_subfields(return_type, field_details_list[:1])


class SortsKeys(Executor[Any]):
    """Keys come in alphabetical order where an object has many."""

    def execute_fields(self, *args: Any) -> Any:
        fields = args[3]
        if len(fields) > 3:
            fields = dict(sorted(fields.items()))
        changed: list[Any] = [*args[:3], fields, *args[4:]]
        return super().execute_fields(*changed)


class RunsMutationsTogether(Executor[Any]):
    """A mutation's root fields do not wait for one another."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ARG002, FBT001 -- the base's
        return super().execute_operation(serially=False)


class BelievesTypes(Executor[Any]):
    """An object is not asked whether it is of the type."""

    def complete_object_value(self, *args: Any) -> Any:
        return self.collect_and_execute_subfields(args[0], args[1], args[3], args[4], args[5])


class ReturnsErrors(Executor[Any]):
    """A returned exception is a null and no error."""

    def complete_value(self, *args: Any) -> Any:
        if isinstance(args[4], Exception) and not is_non_null_type(args[0]):
            return None
        return super().complete_value(*args)


class TrustsNumbers(Executor[Any]):
    """Integers are not checked."""

    @staticmethod
    def complete_leaf_value(return_type: Any, result: Any) -> Any:
        if return_type.name == "Int" and isinstance(result, int):
            return result
        return Executor.complete_leaf_value(return_type, result)


class HidesLocations(Executor[Any]):
    """An error of a field that is selected several times tells of the first place only."""

    def handle_field_error(self, raw_error: Exception, return_type: Any, details: Any, path: Path) -> None:
        super().handle_field_error(raw_error, return_type, details[:1], path)


class StopsIteratorsQuietly(Executor[Any]):
    """When an asynchronous iterator fails, its list ends there."""

    async def complete_async_iterator_value(self, *args: Any) -> Any:
        source = args[4]

        async def quiet() -> Any:
            try:
                async for each in source:
                    yield each
            except (ValueError, KeyError, GraphQLError):
                return

        changed: list[Any] = [*args[:4], quiet(), *args[5:]]
        return await super().complete_async_iterator_value(*changed)


class AwaitsNoItems(Executor[Any]):
    """An awaitable in a list is taken for null."""

    async def complete_awaitable_list_item_value(self, item: Any, item_type: Any, *args: Any) -> Any:
        value = await super().complete_awaitable_list_item_value(item, item_type, *args)
        return value if is_non_null_type(item_type) else None


class TellsParentsPath(Executor[Any]):
    """`info` has the path of the parent."""

    def build_resolve_info(self, definition: Any, nodes: Any, parent: Any, path: Path) -> Any:
        return super().build_resolve_info(definition, nodes, parent, path.prev or path)


class _AllErrors(CollectedErrors):
    def add(self, error: GraphQLError, path: Path | None) -> None:
        self._error_positions.add(path)
        self._errors.append(error)


class HearsLosers(Executor[Any]):
    """Where awaitables race to null a position, those that come too late are told as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collected_errors = _AllErrors()


MUTANTS = (
    *(KeepsChildrenOfNull, SwapsItems, LosesIndices, LosesErrors, TellsTwice, ReordersErrors, SortsKeys),
    *(IgnoresMergedFields, RunsMutationsTogether, BelievesTypes, ReturnsErrors, TrustsNumbers, HearsLosers),
    *(HidesLocations, StopsIteratorsQuietly, AwaitsNoItems, TellsParentsPath),
)
