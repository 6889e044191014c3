"""Query and Mutation: a field for each operation."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from strawberry.types.base import StrawberryList, StrawberryOptional

from patchbay.costs import calls
from patchbay.importing.build.asking import Asking, Batched, Order, Question, label_of, single_siblings
from patchbay.importing.build.connections import SIZE, WAYS, connection_of, page_arguments, place_of
from patchbay.importing.build.fields import ImportedAskedField, field_of
from patchbay.importing.build.inputs import argument_of
from patchbay.importing.build.rows import has_attributes, ref_at, row_of
from patchbay.importing.build.sizes import sizes_of
from patchbay.paging import MAX_PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from strawberry.types.arguments import StrawberryArgument
    from strawberry.types.field import StrawberryField

    from patchbay.batch import ByIds
    from patchbay.importing.build.connections import Connections
    from patchbay.importing.build.inputs import Converters
    from patchbay.importing.build.names import Names
    from patchbay.importing.build.types import Types
    from patchbay.importing.model import Argument, Operation
    from patchbay.importing.runtime import ImportedUpstream

_MOST_CALLS: Final = 20
"""Upstream's pages that one page is gathered from; what needs more is reckoned as this."""


class Roots:
    """The fields of one upstream's operations.

    Args:
        upstream: makes the calls.
        types: of its model.
        names: of the graph.
        converters: of its model.
        connections: of the graph.
    """

    def __init__(
        self,
        upstream: ImportedUpstream,
        types: Types,
        names: Names,
        converters: Converters,
        connections: Connections,
    ) -> None:
        self._upstream = upstream
        self._types = types
        self._names = names
        self._converters = converters
        self._connections = connections
        self._model = types.model
        self._batches = single_siblings(self._model)
        self._totals = {
            each.paging.node
            for each in self._model.operations
            if each.paging is not None and each.paging.total
        }

    def fields(self, *, mutations: bool) -> Iterator[StrawberryField]:
        """The fields of Query, or of Mutation."""
        for operation in self._model.operations:
            if operation.is_mutation is mutations and self._is_shown(operation):
                yield self._paged(operation) if _is_paged(operation) else self._plain(operation)

    def _is_shown(self, operation: Operation) -> bool:
        return not self._types.is_hidden(operation.name) and not self._types.leads_to_hidden(
            operation.result.type
        )

    def _arguments(self, arguments: list[Argument]) -> list[StrawberryArgument]:
        return [argument_of(each, self._types) for each in arguments]

    def _plain(self, operation: Operation) -> StrawberryField:
        arguments = [
            each
            for each in operation.arguments
            if not self._types.leads_to_hidden(each.type) or each.required
        ]
        convert = self._converters.arguments(arguments)
        kind: Any = Order if operation.is_mutation else Question

        def ask(given: Mapping[str, Any]) -> Any:
            return kind(convert(given))

        field = self._field(
            operation,
            StrawberryOptional(self._types.of(operation.result.type, required=True)),
            self._arguments(arguments),
            self.read(operation),
            ask,
        )
        field.directives = list(sizes_of(self._model, operation.result.type))
        return field

    def _field(
        self,
        operation: Operation,
        resolved: Any,
        arguments: list[StrawberryArgument],
        read: Asking,
        ask: Callable[[Mapping[str, Any]], Any],
        *,
        most_calls: int = 1,
    ) -> ImportedAskedField:
        name = self._names.root(self._model.name, operation)
        field = ImportedAskedField(
            python_name=name,
            graphql_name=name,
            description=operation.description,
            deprecation_reason=operation.deprecated,
            metadata=calls(most_calls),
        )
        if isinstance(resolved, StrawberryOptional) and isinstance(resolved.of_type, StrawberryOptional):
            resolved = resolved.of_type
        field.resolved = resolved
        field.arguments = arguments
        field.read = read
        field.ask = ask
        return field

    def read(self, operation: Operation) -> Asking:
        """An operation as a read by Question or Order."""
        upstream, records = self._upstream, self._types.records

        def prepare(attributes: frozenset[str] | None) -> Callable[[Any], Any]:
            call = upstream.reading(operation, records, attributes)
            return lambda question: call(question.arguments)

        return Asking(
            name=label_of(operation),
            source=self._model.name,
            prepare=prepare,
            can_narrow=has_attributes(self._model, operation.result.type),
            batch=self._batch(operation),
        )

    def _batch(self, operation: Operation) -> Batched | None:
        """The sibling's read of several things that are asked one by one."""
        sibling = self.sibling(operation)
        if sibling is None:
            return None
        key = next(each for each in operation.arguments if each.required)
        return Batched(key.attribute, lambda: self.by_many(sibling))

    def sibling(self, operation: Operation) -> Operation | None:
        """Its sibling for many keys, where that answers the same rows and needs nothing but the keys."""
        sibling = self._batches.get(operation.name)
        keys = [each for each in operation.arguments if each.required]
        if sibling is None or sibling.batching is None or len(keys) != 1:
            return None
        needed = [
            each
            for each in sibling.arguments
            if each.required and each.attribute != sibling.batching.argument
        ]
        row = row_of(ref_at(self._model, sibling.result.type, sibling.batching.items))
        return None if needed or row != operation.result.type else sibling

    def by_many(self, operation: Operation) -> ByIds[Any]:
        """The read of an operation that takes many keys."""
        batching = operation.batching
        assert batching is not None  # noqa: S101 - who asks has looked
        return self._upstream.by_ids(
            operation,
            self._types.records,
            keys=(batching.argument,),
            match=batching.match,
            max_size=batching.max_size,
            items=batching.items,
        )

    # ------------------------------------------------------------------------------------------------- pages

    def _paged(self, operation: Operation) -> StrawberryField:
        paging = operation.paging
        assert paging is not None  # noqa: S101 - who asks has looked
        arguments = [
            each for each in operation.arguments if each.attribute not in (paging.position, paging.size)
        ]
        convert = self._converters.arguments(arguments)
        upstream, records = self._upstream, self._types.records

        def ask(given: Mapping[str, Any]) -> Question:
            return Question(convert(given), place_of(given))

        def prepare(attributes: frozenset[str] | None) -> Callable[[Any], Any]:
            pages = upstream.paging(operation, records, attributes)

            async def read(question: Question) -> Any:
                first, after = question.more
                return connection_of(await pages(question.arguments, max(1, first), after), first)

            return read

        connection = self._connections.of(paging.node, self._types, has_total=paging.node in self._totals)
        read = Asking(
            name=label_of(operation),
            source=self._model.name,
            prepare=prepare,
            can_narrow=has_attributes(self._model, paging.node),
        )
        taken = {each.name for each in arguments}
        page = [each for each in page_arguments() if each.graphql_name not in taken]
        field = self._field(
            operation,
            StrawberryOptional(connection),
            [*self._arguments(arguments), *page],
            read,
            ask,
            most_calls=min(_MOST_CALLS, ceil(MAX_PAGE_SIZE / max(1, paging.most))),
        )
        field.rows = WAYS
        field.directives = [SIZE]
        return field


def _is_paged(operation: Operation) -> bool:
    """Whether it is offered as a connection: not where its own arguments have the names of a page's."""
    paging = operation.paging
    if paging is None or operation.is_mutation:
        return False
    own = {each.name for each in operation.arguments if each.attribute not in (paging.position, paging.size)}
    return not own & {"first", "after"}


def upstream_names(names: list[str]) -> StrawberryField:
    """A field that a Query has where no operation reads: GraphQL has no Query without one."""
    field = field_of(
        "upstreams",
        "upstreams",
        StrawberryList(str),
        description="The upstreams behind this graph, of which none has an operation that reads.",
    )

    def resolve() -> list[str]:
        return list(names)

    return field(resolve)
