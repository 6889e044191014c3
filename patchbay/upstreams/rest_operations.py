"""The operations of a REST upstream: from arguments to one HTTP call, and from its reply to records."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

from patchbay.batch import Matched
from patchbay.cached.changes import forget_changed
from patchbay.calls import Call, Reply, require_success
from patchbay.errors import ConfigurationError
from patchbay.keys import wire_key
from patchbay.scope import current_scope
from patchbay.upstreams.decoding import (
    DECODE_ERRORS,
    BodyDecoder,
    Nested,
    RowsDecoder,
    bad_data,
    require_attributes,
)
from patchbay.upstreams.template import can_list_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patchbay.cached.changes import Forgets
    from patchbay.keys import WireKey
    from patchbay.upstreams.idempotency import KeyPlace
    from patchbay.upstreams.template import Template

R = TypeVar("R")

KEY_PLACE = "ids"
"""Where a batch operation's keys go, when they have one part."""

PAGE_KEY = ("offset", "limit")
"""The parts of the key that a page is read by."""


class Sender(Protocol):
    """What makes the calls: the upstream."""

    name: str

    async def send(self, call: Call) -> Reply:
        """Make one call, whatever comes back. Raises UpstreamError."""


class BatchRead(Generic[R]):
    """One call of a batch operation, from keys to records.

    `arguments` are what it takes beside the keys.

    Raises:
        ConfigurationError: the template has no place for the keys, or the record no attribute for `match`.
    """

    def __init__(
        self, rest: Sender, template: Template, record: type[R], match: str | tuple[str, ...], at: str | None
    ) -> None:
        self.template = template
        self._rest = rest
        self._key_names = (match,) if isinstance(match, str) else match
        self._composite = not isinstance(match, str)
        places = self._key_names if self._composite else (KEY_PLACE,)
        require_places(rest.name, template, places)
        require_attributes(f"{rest.name}: {template.operation}", record, self._key_names)
        self.arguments = frozenset(template.names).difference(places)
        self._rows = RowsDecoder(rest.name, record, self._key_names, at)

    async def fetch(self, keys: Sequence[WireKey], **arguments: Any) -> Matched[R]:
        """Ask for at most one chunk of keys."""
        places = self._by_place(keys)
        if not all(map(can_list_all, places.values())):
            keys = [key for key in keys if self._can_be_asked(key)]
            places = self._by_place(keys)
        target = self.template.expand({**arguments, **places}) if keys else None
        if target is None:
            return Matched(())
        reply = await self._rest.send(Call(self.template.operation, self.template.method, target, safe=True))
        require_success(self._rest.name, reply)
        records, wrong = self._rows.decode(reply.body)
        return Matched(records, {self._key_of(row): error for row, error in wrong} if wrong else None)

    def _can_be_asked(self, key: WireKey) -> bool:
        """Whether the key stays itself on the wire; no record can have one that does not."""
        pairs = zip(self._key_names, key, strict=True) if isinstance(key, tuple) else ((KEY_PLACE, key),)
        return all(self.template.can_list(name, part) for name, part in pairs)

    def _by_place(self, keys: Sequence[WireKey]) -> dict[str, Any]:
        if not self._composite:
            return {KEY_PLACE: keys}
        return dict(zip(self._key_names, zip(*keys, strict=True), strict=False))

    def _key_of(self, row: Any) -> WireKey:
        values = tuple(getattr(row, name) for name in self._key_names)
        return wire_key(values if self._composite else values[0])


class EachRead(Generic[R]):
    """One call of an operation that takes one key."""

    def __init__(self, rest: Sender, template: Template, decoder: BodyDecoder[R]) -> None:
        self.template = template
        self._rest = rest
        self._decoder = decoder

    async def fetch(self, key: WireKey, **arguments: Any) -> R | None:
        """The record, or None where the upstream does not know the key (HTTP 404 or 410)."""
        parts = key if isinstance(key, tuple) else (key,)
        target = self.template.expand({**dict(zip(self.template.names, parts, strict=False)), **arguments})
        if target is None:
            return None
        reply = await self._rest.send(Call(self.template.operation, self.template.method, target, safe=True))
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return None
        require_success(self._rest.name, reply)
        return self._decoder.decode(reply.body)


class PageRead(Generic[R]):
    """One call for a page of a list. Its key is (offset, limit); `places` are these and further arguments.

    Raises:
        ConfigurationError: the template has no place for one of the two.
    """

    def __init__(self, rest: Sender, template: Template, record: type[R], items: str, total: str) -> None:
        require_places(rest.name, template, PAGE_KEY)
        self.template = template
        self.places = (*PAGE_KEY, *(name for name in template.names if name not in PAGE_KEY))
        self._rest = rest
        rows: Any = list[record]  # type: ignore[valid-type] # a type made at run time
        self._decoder = Nested({items: rows, total: int})

    async def fetch(self, key: WireKey, **arguments: Any) -> RowsPage[R] | None:
        """At most `limit` rows from `offset` on, counted from 0; None where no address leads to the list.

        Raises:
            UpstreamError: also for HTTP 404, as a list that is empty can be found.
        """
        target = self.template.expand({**dict(zip(PAGE_KEY, key, strict=True)), **arguments})
        if target is None:
            return None
        reply = await self._rest.send(Call(self.template.operation, self.template.method, target, safe=True))
        require_success(self._rest.name, reply)
        try:
            items, total = self._decoder.decode(reply.body)
        except DECODE_ERRORS as error:
            raise bad_data(self._rest.name, error) from error
        return RowsPage(items, total)


class RowsPage(msgspec.Struct, Generic[R], frozen=True):
    """Some rows of a longer list, and the length of that list."""

    items: list[R]
    total: int


class Write(Generic[R]):
    """Changes something: `await write(body, id="C1007")`. What the operation has loaded is forgotten.

    Args:
        rest: makes the call.
        template: of its address.
        decoder: of the answer.
        key_place: where its idempotency key goes.
        forgets: what it changes of what reads keep; see patchbay.cached.changes.

    Attributes:
        idempotent: it takes idempotency keys, and may be repeated with the same one.
    """

    def __init__(
        self,
        rest: Sender,
        template: Template,
        decoder: BodyDecoder[R],
        key_place: KeyPlace,
        forgets: Forgets = (),
    ) -> None:
        self.name = template.operation
        self.source = rest.name
        self.idempotent = key_place.name is not None
        self._rest = rest
        self._template = template
        self._decoder = decoder
        self._key_place = key_place
        self._forgets = forgets

    async def __call__(
        self, body: msgspec.Struct | None = None, *, idempotency_key: str | None = None, **arguments: object
    ) -> R | None:
        """The answer's record, or None when the upstream does not know what is to be changed (HTTP 404).

        Args:
            body: sent as JSON.
            idempotency_key: the same for each try of what must happen once, and for nothing else; 1 to 255
                visible ASCII characters.
            arguments: for path and query.

        Raises:
            ConfigurationError: nothing was sent, as the key cannot be.
            UpstreamError: it may or may not have been carried out; only the upstream knows.
        """
        headers = self._key_place.carrying(idempotency_key)
        target = self._template.expand(arguments)
        if target is None:
            return None
        if body is not None:
            headers["Content-Type"] = "application/json"
        call = Call(
            self.name,
            self._template.method,
            target,
            headers=headers or None,
            body=None if body is None else msgspec.json.encode(body),
        )
        try:
            reply = await self._rest.send(call)
        finally:
            # Also after a timeout or a broken connection: it may have been carried out.
            current_scope().forget()
            await forget_changed(self._forgets, arguments)
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        require_success(self.source, reply)
        return self._decoder.decode(reply.body)


def require_places(source: str, template: Template, names: Iterable[str]) -> None:
    """Refuse a template without a place for each of these. Raises ConfigurationError."""
    missing = [f"{{{name}}}" for name in names if name not in template.names]
    if missing:
        raise ConfigurationError(f"{source}: {template.operation} has no place for {' and '.join(missing)}")
