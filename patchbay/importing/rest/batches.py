"""Reads by key over imported operations: many keys a call, or one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.batch import Batch, FanOut, Matched
from patchbay.errors import ConfigurationError, InputError, UpstreamError
from patchbay.importing.model import ListOf, Named, ObjectType, UnionType
from patchbay.importing.rest.answers import AnswerReader
from patchbay.importing.rest.paths import row_type, type_at
from patchbay.importing.rest.styles import NoAddress
from patchbay.keys import wire_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Model, TypeRef
    from patchbay.importing.rest.keyed import Keyed
    from patchbay.importing.runtime import RecordTypes
    from patchbay.keys import WireKey

CONCURRENCY: Final = 8
"""Calls of one read that takes one key a call, under way together."""


class Group(msgspec.Struct, frozen=True):
    """All rows of one key."""

    key: WireKey
    rows: list[Any]


class EachRead:
    """One call for one key: the record at member names, or the list that stands there.

    Args:
        keyed: the operation.
        records: of the model.
        items: member names from the answer's top.
    """

    def __init__(self, keyed: Keyed, records: RecordTypes, items: tuple[str, ...]) -> None:
        self._keyed = keyed
        self._records = records
        self._items = items
        found = type_at(records.model, keyed.operation.result.type, items)
        if found is None:
            raise ConfigurationError(
                f"{keyed.caller.source}: {keyed.caller.plan.name} has nothing at {'.'.join(items)}"
            )
        self._ref: TypeRef = found

    def read(self, attributes: frozenset[str] | None = None) -> FanOut[Any]:
        """The read, with these attributes of its records."""
        keyed = self._keyed
        decode = self._records.decoder(self._ref, self._items, attributes)
        reader = AnswerReader(keyed.caller.source, keyed.operation, decode)

        async def fetch(key: WireKey, **arguments: Any) -> Any:
            asked = keyed.one(key, arguments)
            if asked is None:
                return None
            try:
                reply = await keyed.caller.find(asked, is_one=True)
            except InputError as error:
                raise _unusable(keyed, error) from error
            return None if reply is None else reader.read(reply)

        narrow = self.read if attributes is None and has_attributes(self._records.model, self._ref) else None
        return FanOut(
            name=keyed.caller.plan.name,
            source=keyed.caller.source,
            fetch=fetch,
            concurrency=CONCURRENCY,
            places=(*keyed.names, *keyed.required),
            narrow=narrow,
        )


class ManyRead:
    """One call for many keys, whose rows are matched by an attribute.

    Args:
        keyed: the operation; one of its arguments takes the keys.
        records: of the model.
        match: the row's attribute that holds the key.
        items: member names from the answer's top to the rows.
        max_size: keys in one call.

    Raises:
        ConfigurationError: there are no rows at that place, or they lack `match`.
    """

    def __init__(
        self, keyed: Keyed, records: RecordTypes, match: str, items: tuple[str, ...], max_size: int
    ) -> None:
        self._keyed = keyed
        self._records = records
        self._match = match
        self._items = items
        self._max_size = max_size
        name = f"{keyed.caller.source}: {keyed.caller.plan.name}"
        row = row_type(records.model, keyed.operation.result.type, items)
        if row is None:
            raise ConfigurationError(f"{name} has no list at {'.'.join(items) or 'the top of its answer'}")
        if not _has_attribute(records.model, row, match):
            raise ConfigurationError(f"{name}: its rows have no attribute {match}")
        if len(keyed.names) != 1:
            raise ConfigurationError(f"{name}: one argument takes the keys of many rows")
        self._row: TypeRef = row

    def read(self, attributes: frozenset[str] | None = None) -> Batch[Any]:
        """The read of at most one row for each key, with these attributes of its records."""
        fetch = self._fetching(attributes)

        async def matched(keys: Sequence[WireKey], **arguments: Any) -> Matched[Any]:
            return Matched(await fetch(keys, arguments))

        return self._batch(matched, self._match, attributes, self.read)

    def grouped(self, attributes: frozenset[str] | None = None) -> Batch[Any]:
        """The read of the list of all rows for each key."""
        fetch, match = self._fetching(attributes), self._match

        async def matched(keys: Sequence[WireKey], **arguments: Any) -> Matched[Any]:
            groups: dict[WireKey, list[Any]] = {key: [] for key in keys}
            for row in await fetch(keys, arguments):
                rows = groups.get(wire_key(getattr(row, match)))
                if rows is not None:
                    rows.append(row)
            return Matched([Group(key, rows) for key, rows in groups.items()])

        return self._batch(matched, "key", attributes, self.grouped)

    def _batch(self, fetch: Any, match: str, attributes: frozenset[str] | None, make: Any) -> Batch[Any]:
        keyed = self._keyed
        can_narrow = attributes is None and has_attributes(self._records.model, self._row)
        return Batch(
            name=keyed.caller.plan.name,
            source=keyed.caller.source,
            fetch=fetch,
            match=match,
            max_size=self._max_size,
            arguments=keyed.required,
            narrow=make if can_narrow else None,
        )

    def _fetching(self, attributes: frozenset[str] | None) -> Any:
        keyed = self._keyed
        wanted = None if attributes is None else attributes | {self._match}
        decode = self._records.decoder(ListOf(self._row, nullable_items=True), self._items, wanted)
        read = AnswerReader(keyed.caller.source, keyed.operation, decode).read

        async def fetch(keys: Sequence[WireKey], arguments: Mapping[str, Any]) -> list[Any]:
            asked = keyed.many(keys, arguments)
            if asked is None:
                return []
            try:
                reply = await keyed.caller.ask(asked)
            except NoAddress:
                return []
            except InputError as error:
                raise _unusable(keyed, error) from error
            return _records(read(reply))

        return fetch


class GroupedRead:
    """A read whose answers are lists of rows, over one that answers groups of them."""

    def __init__(self, batch: Batch[Any]) -> None:
        self.name = batch.name
        self.source = batch.source
        self.max_size = batch.max_size
        self.arguments = batch.arguments
        self._batch = batch

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Any]:
        """See ByIds: for each key its rows, an empty list where there are none."""
        outcomes = await self._batch(ids, **arguments)
        return [each.rows if isinstance(each, Group) else each for each in outcomes]

    def selecting(self, attributes: frozenset[str]) -> GroupedRead:
        """See ByIds."""
        narrower = self._batch.selecting(attributes)
        return self if narrower is self._batch else GroupedRead(narrower)


def _records(rows: Any) -> list[Any]:
    """The rows that are records: null and values of another kind are nobody's."""
    if not rows:
        return []
    if all(issubclass(kind, msgspec.Struct) for kind in set(map(type, rows))):
        return list(rows)
    return [row for row in rows if isinstance(row, msgspec.Struct)]


def has_attributes(model: Model, ref: TypeRef) -> bool:
    """Whether fewer attributes of what stands there can be asked for."""
    while isinstance(ref, ListOf):
        ref = ref.item
    type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
    return isinstance(type_, ObjectType) and not type_.is_value


def _has_attribute(model: Model, ref: TypeRef, attribute: str) -> bool:
    type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
    if isinstance(type_, UnionType):
        return all(_has_attribute(model, Named(member.type), attribute) for member in type_.members)
    return isinstance(type_, ObjectType) and any(field.attribute == attribute for field in type_.fields)


def _unusable(keyed: Keyed, error: InputError) -> UpstreamError:
    """A key that cannot be sent hurts its own rows only, and is no input of the client's to be named."""
    del error
    return UpstreamError(keyed.caller.source, f"{keyed.caller.plan.name} cannot be asked for this key")
