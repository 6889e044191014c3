"""The operations of a GraphQL upstream: from arguments to one POST, and from its reply to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

from patchbay.batch import Matched
from patchbay.cached.changes import forget_changed
from patchbay.errors import ConfigurationError
from patchbay.scope import current_scope
from patchbay.upstreams.decoding import require_attributes
from patchbay.upstreams.graphql_documents import around, on_type, selection_of
from patchbay.upstreams.graphql_keys import key_writer
from patchbay.upstreams.graphql_replies import KeyedDecoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.cached.changes import Forgets
    from patchbay.calls import Reply
    from patchbay.keys import WireKey
    from patchbay.upstreams.graphql_documents import Signature
    from patchbay.upstreams.graphql_keys import Writer
    from patchbay.upstreams.graphql_replies import OneDecoder

T = TypeVar("T")
R = TypeVar("R")


class Poster(Protocol):
    """What makes the calls: the upstream."""

    name: str

    async def post(self, operation: str, body: bytes, *, safe: bool) -> Reply:
        """Send a request, whatever comes back. Raises UpstreamError."""


class Operation:
    """One document of an upstream, asked with variables. `names` are its variables.

    Args:
        upstream: makes the call.
        signature: the field.
        selection: of the field.
        kind: "query" or "mutation".
        name: in logs and counters.
    """

    def __init__(
        self,
        upstream: Poster,
        signature: Signature,
        selection: str,
        *,
        kind: str = "query",
        name: str | None = None,
    ) -> None:
        self.name = name or signature.name
        self.source = upstream.name
        self._upstream = upstream
        self._safe = kind == "query"
        self._document = signature.document(kind, selection)
        self.names = signature.names

    async def ask(self, variables: Mapping[str, object]) -> Reply | None:
        """One call; None, and no call, where no JSON can hold the variables.

        Raises:
            TypeError: an argument is missing, or the field has no such argument.
            UpstreamError: the call failed.
        """
        if variables.keys() != set(self.names):
            wrong = ", ".join(sorted(variables.keys() ^ set(self.names)))
            raise TypeError(f"{self.source}: {self.name}: missing or not taken: {wrong}")
        # In the signature's order, so that the same call is the same bytes to whoever shares or keeps it.
        ordered = {name: variables[name] for name in self.names}
        try:
            body = msgspec.json.encode({"query": self._document, "variables": ordered})
        except UnicodeEncodeError:
            # A lone surrogate has no UTF-8 form. Any character in its stead could be something else's key.
            return None
        return await self._upstream.post(self.name, body, safe=self._safe)


class KeyedRead(Generic[R]):
    """One call of a field that takes a list of keys, from keys to records.

    `arguments` are what it takes beside the keys.

    Args:
        upstream: makes the call.
        signature: the field; its first argument takes the keys.
        record: the type of a row.
        match: the record's attribute that holds the key; several for a composite key, which is sent as an
            object with their wire names.
        at: where the list stands inside of the field.
        typename: of the entities that are asked for by `_entities`; None for any other field.

    Raises:
        ConfigurationError: the declaration contradicts itself or the record.
    """

    def __init__(
        self,
        upstream: Poster,
        signature: Signature,
        record: type[R],
        match: str | tuple[str, ...],
        at: str | None,
        typename: str | None = None,
    ) -> None:
        signature.require_arguments(1)
        self._argument = signature.names[0]
        if not signature.is_list(self._argument):
            raise ConfigurationError(f"{signature.where}: {self._argument} takes no list of keys")
        keys = (match,) if isinstance(match, str) else match
        require_attributes(signature.where, record, keys)
        self.arguments = frozenset(signature.names[1:])
        self._typename = typename
        self._parts: dict[str, Writer] = {}
        """Wire name -> writer for each part of a key that is sent as an object."""
        self._whole = key_writer(signature.scalar(self._argument), record, keys[0])
        if typename is not None or not isinstance(match, str):
            struct: Any = record
            names = {each.name: each.encode_name for each in msgspec.structs.fields(struct)}
            self._parts = {names[key]: key_writer(None, record, key) for key in keys}
        place = at.split(".") if at else []
        selection = selection_of(f"{signature.where}: {record.__name__}", record)
        selection = around(signature.where, selection, place)
        name = None
        if typename is not None:
            selection = on_type(signature.where, typename, selection)
            name = f"{signature.name} {typename}"
        self._operation = Operation(upstream, signature, selection, name=name)
        self.name = self._operation.name
        self._decoder: KeyedDecoder[R] = KeyedDecoder(upstream.name, record, keys, [signature.name, *place])

    async def fetch(self, keys: Sequence[WireKey], **arguments: object) -> Matched[R]:
        """Ask for at most one chunk of keys."""
        values = {key: value for key in keys if (value := self._write(key)) is not None}
        reply = (
            await self._operation.ask({**arguments, self._argument: list(values.values())})
            if values
            else None
        )
        return Matched(()) if reply is None else self._decoder.decode(reply, list(values))

    def _write(self, key: WireKey) -> object:
        if not self._parts:
            return self._whole(key) if isinstance(key, str) else None
        texts = key if isinstance(key, tuple) else (key,)
        parts = {name: write(text) for (name, write), text in zip(self._parts.items(), texts, strict=True)}
        if None in parts.values():
            return None
        return parts if self._typename is None else {"__typename": self._typename, **parts}


class OneRead(Generic[T]):
    """One call of a field by one key, whose parts are its first arguments."""

    def __init__(self, operation: Operation, signature: Signature, decoder: OneDecoder[T]) -> None:
        self._operation = operation
        self._decoder = decoder
        self._writers = {name: key_writer(signature.scalar(name)) for name in signature.names}

    async def fetch(self, key: WireKey, **arguments: object) -> T | None:
        """What there is, or None where the upstream answers null."""
        texts = key if isinstance(key, tuple) else (key,)
        parts = {name: write(text) for (name, write), text in zip(self._writers.items(), texts, strict=False)}
        if None in parts.values():
            return None
        reply = await self._operation.ask({**parts, **arguments})
        return None if reply is None else self._decoder.decode(reply)


class ListFetch(Generic[R]):
    """One call for a whole list."""

    def __init__(self, operation: Operation, decoder: OneDecoder[list[R]]) -> None:
        self._operation = operation
        self._decoder = decoder

    async def fetch(self, **arguments: object) -> list[R]:
        """The records, in the upstream's order; none where no JSON can hold the arguments, or it is null.

        Raises:
            UpstreamGraphQLError, UpstreamBadData: any of the rows is not there, or is not what was declared.
            UpstreamError: the call failed.
        """
        reply = await self._operation.ask(arguments)
        return [] if reply is None else self._decoder.decode(reply) or []


class Write(Generic[T]):
    """Changes something: `await write(id="P1", cents=500)`. What the operation has loaded is forgotten.

    Args:
        operation: the mutation.
        decoder: of the answer.
        forgets: what it changes of what reads keep; see patchbay.cached.changes.
    """

    def __init__(self, operation: Operation, decoder: OneDecoder[T], forgets: Forgets = ()) -> None:
        self.name = operation.name
        self.source = operation.source
        self._operation = operation
        self._decoder = decoder
        self._forgets = forgets

    async def __call__(self, **arguments: object) -> T | None:
        """The answer's record, or None where the upstream answers null.

        Args:
            arguments: those of the field; a msgspec struct for an input object. None is sent as null.

        Raises:
            UpstreamGraphQLError: the upstream says no, or cannot tell all of what has become of it.
            UpstreamError: it may or may not have been carried out; only the upstream knows.
            TypeError: an argument is missing, or the field has no such argument.
        """
        try:
            reply = await self._operation.ask(arguments)
        finally:
            # Also after a timeout or a broken connection: it may have been carried out.
            current_scope().forget()
            await forget_changed(self._forgets, arguments)
        return None if reply is None else self._decoder.decode(reply)
