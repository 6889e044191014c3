"""What the parts of a served import ask of each other: records, upstreams that make the calls, and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from patchbay.upstreams.base import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patchbay.batch import ByIds
    from patchbay.importing.model import Model, Operation, TypeRef


class RecordTypes(Protocol):
    """The msgspec structs of a model's types, each made when it is asked for first."""

    @property
    def model(self) -> Model:
        """Whose types."""

    def struct(self, name: str, attributes: frozenset[str] | None = None) -> type[msgspec.Struct]:
        """The record of an object type; with some of its attributes only, where they are given."""

    def annotation(self, ref: TypeRef, attributes: frozenset[str] | None = None) -> Any:
        """The Python type that values of this reference have, for msgspec; None stands for null as well."""

    def decoder(
        self, ref: TypeRef, at: tuple[str, ...] = (), attributes: frozenset[str] | None = None
    ) -> Callable[[bytes], Any]:
        """JSON -> the value at member names from its top. What it raises is in decoding.DECODE_ERRORS.

        Args:
            ref: what stands there.
            at: member names.
            attributes: of the record that stands there (in lists, if need be): those that are wanted. Beside
                "customer" there may be "customer.name" and so on, which tell what is wanted inside of it.
        """


class Reads(Protocol):
    """Calls one operation."""

    async def __call__(self, arguments: Mapping[str, Any]) -> Any:
        """The decoded result. Raises UpstreamError.

        Args:
            arguments: attribute -> value as on the wire: texts, numbers, lists, and dicts by wire names. What
                is not given is not there.
        """


class PageOf(msgspec.Struct, frozen=True):
    """One page of an operation that has pages.

    Args:
        items: the rows, decoded.
        cursors: one per row: where the rows behind it start; opaque, and not yet encoded for clients.
        has_next: whether there are more.
        has_previous: whether some were left out before.
        total: of all rows; None where the upstream does not tell.
    """

    items: list[Any]
    cursors: list[str]
    has_next: bool
    has_previous: bool
    total: int | None = None


class ReadsPages(Protocol):
    """Calls one operation for pages."""

    async def __call__(self, arguments: Mapping[str, Any], first: int, after: str | None) -> PageOf:
        """Rows, gathered from several of the upstream's pages where these are smaller than `first`.

        Args:
            arguments: see Reads; without those that say which page.
            first: how many rows, 1 at least.
            after: a cursor of an earlier page; None for the start.

        Raises:
            UpstreamError: a page cannot be had.
            InputError: the cursor is none of this list.
        """


class ImportedUpstream(Upstream, Protocol):
    """An upstream whose operations come from a model: patchbay.importing.rest and patchbay.importing.soap."""

    def reading(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> Reads:
        """What calls the operation.

        Args:
            operation: of the model.
            records: of the model.
            attributes: of the result's record (in lists, if need be) that are wanted; None for all.
        """

    def paging(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> ReadsPages:
        """What calls the operation for pages.

        Args:
            operation: of the model; it has `paging`.
            records: of the model.
            attributes: of a row's record that are wanted; None for all.
        """

    def by_ids(  # noqa: PLR0913 - named, and most have defaults
        self,
        operation: Operation,
        records: RecordTypes,
        *,
        keys: tuple[str, ...],
        match: str | None = None,
        max_size: int | None = None,
        items: tuple[str, ...] = (),
        many: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> ByIds[Any]:
        """A read by key over an operation (patchbay.batch).

        Args:
            operation: of the model.
            records: of the model.
            keys: the arguments (attributes) that take the parts of the key; with `match`, one that takes a
                list.
            match: the row's attribute that holds the key; None where the operation takes one key a call.
            max_size: keys in one call, with `match`.
            items: member names from the answer's top to the rows (or to the row).
            many: with `match`: all rows of a key, as a list, instead of the first.
            arguments: what else each call is given.
        """
