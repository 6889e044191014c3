"""What a GraphQL upstream's declarations become: reads that can be narrowed, and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from patchbay.batch import Batch, FanOut
from patchbay.upstreams.graphql_documents import around, selection_of
from patchbay.upstreams.graphql_operations import ListFetch, OneRead, Operation
from patchbay.upstreams.graphql_replies import OneDecoder
from patchbay.upstreams.list_reads import ListRead
from patchbay.upstreams.narrowing import narrowing

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.cached.kept_read import KeptRead
    from patchbay.upstreams.graphql_documents import Signature
    from patchbay.upstreams.graphql_operations import KeyedRead, Poster

T = TypeVar("T")
R = TypeVar("R")


def keyed_read(
    source: str,
    record: type[R],
    read_of: Callable[[type[R]], KeyedRead[R]],
    *,
    match: str | tuple[str, ...],
    max_size: int,
    cache: KeptRead[R] | None,
) -> Batch[R]:
    """A read by key over a field that takes many; see KeyedRead and Batch.

    Args:
        source: the upstream's name.
        record: what is narrowed.
        read_of: makes the calls for a record.
        match, max_size, cache: as declared.
    """

    def make(type_: type[R]) -> Batch[R]:
        read = read_of(type_)
        return Batch(
            name=read.name,
            source=source,
            fetch=read.fetch,
            match=match,
            max_size=max_size,
            arguments=read.arguments,
            narrow=narrowing(record, make, (match,) if isinstance(match, str) else match),
            cache=cache,
        )

    return make(record)


def one_read(
    upstream: Poster,
    signature: Signature,
    record: type[R],
    *,
    value_of: Callable[[type[R]], type[T]],
    at: str | None = None,
    concurrency: int,
    cache: KeptRead[T] | None,
) -> FanOut[T]:
    """A read by key over a field that takes one; see OneRead and FanOut.

    Args:
        upstream, signature, at, concurrency, cache: as declared.
        record: what is narrowed.
        value_of: the type of the field's value for a record.
    """

    def make(type_: type[R]) -> FanOut[T]:
        operation, decoder = one_operation(upstream, signature, value_of(type_), at)
        return FanOut(
            name=operation.name,
            source=upstream.name,
            fetch=OneRead(operation, signature, decoder).fetch,
            concurrency=concurrency,
            places=signature.names,
            narrow=narrowing(record, make),
            cache=cache,
        )

    return make(record)


def list_read(
    upstream: Poster,
    signature: Signature,
    record: type[R],
    *,
    at: str | None,
    cache: KeptRead[list[R]] | None,
) -> ListRead[R]:
    """A read of a whole list; see ListRead."""

    def make(type_: type[R]) -> ListRead[R]:
        rows: Any = list[type_]  # type: ignore[valid-type] # a type made at run time
        operation, decoder = one_operation(upstream, signature, rows, at)
        return ListRead(
            name=operation.name,
            source=upstream.name,
            fetch=ListFetch(operation, decoder).fetch,
            arguments=signature.names,
            narrow=narrowing(record, make),
            cache=cache,
        )

    return make(record)


def one_operation(
    upstream: Poster, signature: Signature, type_: type[T], at: str | None, kind: str = "query"
) -> tuple[Operation, OneDecoder[T]]:
    """The operation of a field, and the decoder of its value.

    Args:
        upstream, signature: as declared.
        type_: of the value.
        at: where it stands inside of the field's.
        kind: "query" or "mutation".
    """
    place = at.split(".") if at else []
    selection = around(signature.where, selection_of(signature.where, type_), place)
    operation = Operation(upstream, signature, selection, kind=kind)
    return operation, OneDecoder(upstream.name, type_, [signature.name, *place])
