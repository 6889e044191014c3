"""Reads by key over an operation of a SOAP service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.batch import Batch, FanOut, Matched
from patchbay.errors import ConfigurationError, InputError, UpstreamError
from patchbay.importing.lookup import fields_of, type_at
from patchbay.importing.model import ListOf, Named
from patchbay.importing.soap.exchange import Exchange
from patchbay.importing.soap.grouped import Grouped, grouped
from patchbay.importing.soap.places import ResultPlace
from patchbay.importing.soap.texts import Unwritable, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.batch import ByIds
    from patchbay.importing.model import Argument, Operation, SoapCall, TypeRef
    from patchbay.importing.runtime import RecordTypes
    from patchbay.importing.soap.exchange import Port
    from patchbay.keys import WireKey

CONCURRENCY: Final = 8
"""Calls of one read that are under way together, where an operation takes one key."""

_MAX_DEPTH: Final = 8
"""Objects that the keys of one call stand in."""


class KeyedReads:
    """What can be read by key of one operation.

    Args:
        port: makes the calls.
        operation: of the model.
        call: how it is called.
        records: of the model.
        keys: the arguments (attributes) that take the parts of the key.
        items: wire names from the operation's result to the rows, or to the row.
        arguments: what else each call is given.

    Raises:
        ConfigurationError: the operation has no such argument, nothing at that place, or changes something.
    """

    def __init__(
        self,
        port: Port,
        operation: Operation,
        call: SoapCall,
        records: RecordTypes,
        keys: tuple[str, ...],
        items: tuple[str, ...],
        arguments: Mapping[str, Any] | None,
    ) -> None:
        self._port = port
        self._operation = operation
        self._call = call
        self._records = records
        self._given = dict(arguments or {})
        self._about = f"{port.name}: {operation.name}"
        known = {argument.attribute: argument for argument in operation.arguments}
        missing = [name for name in (*keys, *self._given) if name not in known]
        if missing or not keys:
            raise ConfigurationError(f"{self._about} takes no argument {' or '.join(missing) or 'for a key'}")
        if operation.is_mutation:
            raise ConfigurationError(f"{self._about} changes something, and cannot be read by key")
        self._keys = [known[key] for key in keys]
        self._required = tuple(
            name
            for name, argument in known.items()
            if argument.required and name not in keys and name not in self._given
        )
        found = type_at(records.model.types, operation.result.type, items)
        if found is None:
            raise ConfigurationError(f"{self._about} has nothing at {'.'.join(items)}")
        self._ref: TypeRef = found
        self._path = (*call.result_path, *items)

    def together(self, match: str, max_size: int | None, *, many: bool) -> ByIds[Any]:
        """A read over a call that takes many keys; see ImportedUpstream. Raises ConfigurationError."""
        row = self._ref.item if isinstance(self._ref, ListOf) else self._ref
        if match not in {field.attribute for field in fields_of(self._records.model.types, row)}:
            raise ConfigurationError(f"{self._about}: its rows have no attribute {match}")
        (argument, *_) = self._keys
        wrap, scalar = self._wrapping(argument)

        def make(attributes: frozenset[str] | None) -> Batch[Any]:
            exchange = self._exchange(None if attributes is None else attributes | {match})

            async def fetch(keys: Sequence[WireKey], **more: Any) -> Matched[Any]:
                # One key that XML or the key's type cannot hold must not spoil the others' call.
                sent = [key for key in keys if _can_send(scalar, key)]
                if not sent:
                    return Matched(())
                asked = {argument.attribute: wrap(sent), **self._sized(argument, len(sent))}
                rows = _rows(await self._ask(exchange, more, asked), match)
                return Matched(grouped(rows, match) if many else rows)

            return Batch(
                name=self._call.operation,
                source=self._port.name,
                fetch=fetch,
                match="key" if many else match,
                max_size=max_size or 100,
                arguments=self._required,
                narrow=make,
            )

        whole = make(None)
        return Grouped(whole) if many else whole

    def one_by_one(self) -> ByIds[Any]:
        """A read over a call that takes one key."""
        scalars = [_scalar_of(argument.type) for argument in self._keys]

        def make(attributes: frozenset[str] | None) -> FanOut[Any]:
            exchange = self._exchange(attributes)

            async def fetch(key: WireKey, **more: Any) -> Any:
                parts = key if isinstance(key, tuple) else (key,)
                if len(parts) != len(scalars) or not all(map(_can_send, scalars, parts)):
                    return None
                asked = {argument.attribute: part for argument, part in zip(self._keys, parts, strict=True)}
                return await self._ask(exchange, more, asked)

            return FanOut(
                name=self._call.operation,
                source=self._port.name,
                fetch=fetch,
                concurrency=CONCURRENCY,
                places=(*(argument.attribute for argument in self._keys), *self._required),
                narrow=make,
            )

        return make(None)

    def _sized(self, argument: Argument, keys: int) -> dict[str, int]:
        """How many rows are wanted, where the operation is told that."""
        batching = self._operation.batching
        if batching is None or batching.argument != argument.attribute or not batching.size:
            return {}
        return {batching.size: keys}

    async def _ask(self, exchange: Exchange, more: Mapping[str, Any], asked: Mapping[str, Any]) -> Any:
        try:
            return await exchange({**self._given, **more, **asked})
        except InputError as error:
            # What cannot be sent is no input of the client's to be named.
            message = f"{self._call.operation} cannot be asked for this key"
            raise UpstreamError(self._port.name, message) from error

    def _exchange(self, attributes: frozenset[str] | None) -> Exchange:
        place = ResultPlace(self._path, self._ref, attributes)
        return Exchange(self._port, self._operation, self._call, self._records, place)

    def _wrapping(self, argument: Argument) -> tuple[Callable[[list[WireKey]], Any], str]:
        """What makes keys the argument's value, and the scalar that a key is."""
        batching = self._operation.batching
        is_known = batching is not None and batching.argument == argument.attribute
        path = list(batching.path) if batching is not None and is_known else []
        types = self._records.model.types
        ref = type_at(types, argument.type, path)
        # An object whose only member is a list stands for the list.
        while not isinstance(ref, ListOf):
            fields = fields_of(types, ref)
            if len(fields) != 1 or len(path) > _MAX_DEPTH:
                raise ConfigurationError(f"{self._about}: its argument {argument.name} takes no list")
            path.append(fields[0].wire)
            ref = fields[0].type

        def wrap(keys: list[WireKey]) -> Any:
            value: Any = keys
            for member in reversed(path):
                value = {member: value}
            return value

        return wrap, _scalar_of(ref)


def _scalar_of(ref: TypeRef) -> str:
    while isinstance(ref, ListOf):
        ref = ref.item
    return ref.name if isinstance(ref, Named) else ""


def _can_send(scalar: str, key: Any) -> bool:
    try:
        written(scalar, key)
    except Unwritable:
        return False
    return True


def _rows(answer: Any, match: str) -> list[Any]:
    """The rows that say whose they are.

    Raises:
        UpstreamError: one does not, so that nobody can be told that theirs is missing.
    """
    rows = []
    for row in answer if isinstance(answer, list) else [answer]:
        if isinstance(row, msgspec.Struct):
            key = getattr(row, match)
            if isinstance(key, UpstreamError):
                raise key
            if key is not None:
                rows.append(row)
    return rows
