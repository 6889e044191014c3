"""Reads by key over imported operations: many keys a call, or one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.batch import Batch, FanOut, Matched
from patchbay.errors import ConfigurationError, InputError, UpstreamError
from patchbay.importing.model import ListOf, Named, ObjectType, Place, Scalar, UnionType
from patchbay.importing.rest.answers import AnswerReader
from patchbay.importing.rest.paths import row_type, type_at
from patchbay.importing.rest.styles import NoAddress
from patchbay.keys import wire_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Argument, Model, Operation, TypeRef
    from patchbay.importing.rest.reads import Caller
    from patchbay.importing.runtime import RecordTypes
    from patchbay.keys import WireKey

CONCURRENCY: Final = 8
"""Calls of one read that takes one key a call, under way together."""

_NUMBERS: Final = frozenset((Scalar.INT, Scalar.SAFE_INT, Scalar.BIG_INT))
_DELIMITERS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Group(msgspec.Struct, frozen=True):
    """All rows of one key."""

    key: WireKey
    rows: list[Any]


class Keyed:
    """An operation with the arguments that take its keys, and what each call is given beside them.

    Args:
        caller: of the operation.
        operation: of the model.
        keys: attributes of the arguments that take the parts of a key.
        given: attribute -> value, the same in each call.

    Raises:
        ConfigurationError: it has no such argument, or changes something.
    """

    __slots__ = ("_arguments", "_given", "caller", "names", "operation", "required")

    def __init__(
        self, caller: Caller, operation: Operation, keys: Sequence[str], given: Mapping[str, Any]
    ) -> None:
        known = {argument.attribute: argument for argument in operation.arguments}
        name = f"{caller.source}: {caller.plan.name}"
        missing = [key for key in (*keys, *given) if key not in known]
        if missing or not keys:
            raise ConfigurationError(f"{name} takes no argument {' or '.join(missing) or 'for a key'}")
        if operation.is_mutation:
            raise ConfigurationError(f"{name} changes something, and cannot be read by key")
        self.caller = caller
        self.operation = operation
        self.names = tuple(keys)
        self._arguments = tuple(known[key] for key in keys)
        self._given = dict(given)
        self.required = tuple(
            argument.attribute
            for argument in operation.arguments
            if argument.required and argument.attribute not in (*keys, *given)
        )

    def one(self, key: WireKey, more: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments of a call for one key; None where no call can ask for it."""
        parts = key if isinstance(key, tuple) else (key,)
        values = [_typed(part, each) for part, each in zip(parts, self._arguments, strict=False)]
        if None in values or len(parts) != len(self.names):
            return None
        return {**self._given, **more, **dict(zip(self.names, values, strict=True))}

    def many(self, keys: Sequence[WireKey], more: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments of a call for many keys; None where none of them can be asked for."""
        argument = self._arguments[0]
        values = [
            _typed(key, argument) for key in keys if isinstance(key, str) and _can_be_listed(key, argument)
        ]
        asked = [value for value in values if value is not None]
        if not asked:
            return None
        batching, value, sized = self.operation.batching, _listed(asked, argument), {}
        if batching is not None and batching.argument == argument.attribute:
            for member in reversed(batching.path):
                value = {member: value}
            sized = {batching.size: len(asked)} if batching.size else {}
        return {**self._given, **more, **sized, self.names[0]: value}


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
                reply = await keyed.caller.find(asked)
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
            return [row for row in read(reply) or () if isinstance(row, msgspec.Struct)]

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


def _typed(key: str, argument: Argument) -> str | int | None:
    """A key as the operation takes it; None where it can be none of its."""
    ref = argument.type
    while isinstance(ref, ListOf):
        ref = ref.item
    if argument.place is not Place.BODY or not isinstance(ref, Named) or ref.name not in _NUMBERS:
        return key
    try:
        return int(key)
    except ValueError:
        return None


def _listed(keys: list[str | int], argument: Argument) -> Any:
    """Keys as the argument takes them; an argument that is a text holds them with commas between."""
    is_text = isinstance(argument.type, Named) and argument.type.name in {Scalar.STRING, Scalar.ID}
    return ",".join(map(str, keys)) if is_text else keys


def _can_be_listed(key: str, argument: Argument) -> bool:
    """Whether a key stays one among the others: a comma in it would shift those behind it.

    An empty one asks for everything at some upstreams. A lone surrogate has no UTF-8 form.
    """
    if key == "" or key.encode("utf-8", "ignore").decode() != key:
        return False
    if isinstance(argument.type, Named) and argument.type.name in {Scalar.STRING, Scalar.ID}:
        return "," not in key
    if argument.place is Place.BODY or argument.content_type:
        return True
    return argument.explode or _DELIMITERS.get(argument.style, ",") not in key


def _unusable(keyed: Keyed, error: InputError) -> UpstreamError:
    """A key that cannot be sent hurts its own rows only, and is no input of the client's to be named."""
    del error
    return UpstreamError(keyed.caller.source, f"{keyed.caller.plan.name} cannot be asked for this key")
