"""What a webhook upstream's events become, and how it is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.inbox import Change, Event, EventFailed, Inbox, Lookup, Lookups, Subscription
from patchbay.inbox.ranks import rank
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data
from patchbay.upstreams.webhook_reads import ManyRead, NewestRead

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.changes import LoggedChange

R = TypeVar("R", bound=msgspec.Struct)
E = TypeVar("E")

MAX_KEY_CHARACTERS = 255
_MAX_VERSION = 2**63 - 1


class EventReader(Generic[R, E]):
    """Reads an event's body as the change of one record.

    Args:
        upstream: whose events.
        record, event, build, key, version, lookups: see Webhook.records.

    Raises:
        ConfigurationError: the declaration contradicts the record.
    """

    def __init__(
        self,
        upstream: str,
        record: type[R],
        *,
        event: type[E],
        build: Callable[[E], R | None],
        key: str,
        version: str,
        lookups: tuple[str, ...],
    ) -> None:
        self.kind = f"{upstream}.{record.__name__}"
        self.key = key
        self.lookups = lookups
        for type_ in (record, event):
            if not (issubclass(type_, msgspec.Struct) and type_.__struct_config__.frozen):
                raise ConfigurationError(f"{upstream}: {type_.__name__} must be a frozen msgspec struct")
        for attribute in (key, version, *lookups):
            if attribute not in record.__struct_fields__:
                raise ConfigurationError(f"{upstream}: {record.__name__} has no attribute '{attribute}'")
        self._version = version
        self._build = build
        self._event_name = event.__name__
        self._event = msgspec.json.Decoder(event)
        self.decoder = msgspec.json.Decoder(record)

    def __call__(self, event: Event) -> Change | None:
        """The change that this event brings; None when it is not of interest. Raises what `build` raises."""
        try:
            decoded = self._event.decode(event.body)
        except DECODE_ERRORS as error:
            raise EventFailed(str(bad_data(self._event_name, error))) from error
        built = self._build(decoded)
        return None if built is None else self._change(built)

    def _change(self, built: R) -> Change:
        # msgspec does not check what a constructor is given. Decoding does, and shows what reads will get.
        body = msgspec.json.encode(built)
        try:
            record = self.decoder.decode(body)
        except DECODE_ERRORS as error:
            raise EventFailed(str(bad_data(f"built {type(built).__name__}", error))) from error
        version = getattr(record, self._version)
        if type(version) is not int or not -_MAX_VERSION <= version <= _MAX_VERSION:
            raise EventFailed(f"{self._version} is not a 64-bit integer")
        key = _key(record, self.key)
        if key is None:
            raise EventFailed(f"{self.key} is missing")
        return Change(self.kind, key, version, body, self._lookups_of(record))

    @property
    def declared(self) -> Lookups:
        """What the inbox must know to rebuild the lookups of stored records."""
        return Lookups(self.kind, self.lookups, self._stored_lookups)

    def _lookups_of(self, record: R) -> tuple[Lookup, ...]:
        found = ((attribute, _key(record, attribute)) for attribute in self.lookups)
        return tuple(
            Lookup(attribute, value, rank(getattr(record, attribute)) or value)
            for attribute, value in found
            if value is not None
        )

    def _stored_lookups(self, body: bytes) -> tuple[Lookup, ...] | None:
        try:
            return self._lookups_of(self.decoder.decode(body))
        except (*DECODE_ERRORS, EventFailed):
            # Of another shape than today's: reads by key say so, and its next version brings it right.
            return None

    def changed(self, change: LoggedChange) -> R | None:
        """The record of a change; None where it was deleted, or written by a release with another type."""
        if change.body is None:
            return None
        try:
            return self.decoder.decode(change.body)
        except DECODE_ERRORS:
            return None


class WebhookRecords(Generic[R]):
    """The records of one type: reads by key, and their changes as they come."""

    def __init__(self, source: str, reader: EventReader[R, Any], inbox: Callable[[], Inbox]) -> None:
        self._source = source
        self._reader = reader
        self._inbox = inbox

    @property
    def kind(self) -> str:
        """What the inbox calls them."""
        return self._reader.kind

    @overload
    def by(self, attribute: str, *, many: Literal[False] = False) -> NewestRead[R]: ...

    @overload
    def by(self, attribute: str, *, many: Literal[True]) -> ManyRead[R]: ...

    def by(self, attribute: str, *, many: bool = False) -> NewestRead[R] | ManyRead[R]:
        """A read by the key or by a declared lookup. Raises ConfigurationError when it is neither.

        Args:
            attribute: the record's attribute whose values are asked for.
            many: answer all records of a value, ordered by key, instead of the one with the highest version.
        """
        if attribute not in (self._reader.key, *self._reader.lookups):
            raise ConfigurationError(
                f"{self._source}: '{attribute}' is neither the key nor a lookup of {self.kind}"
            )
        lookup = None if attribute == self._reader.key else attribute
        read = ManyRead if many else NewestRead
        return read(
            f"{self._source}.by_{attribute}",
            self._source,
            kind=self.kind,
            lookup=lookup,
            decoder=self._reader.decoder,
            inbox=self._inbox,
        )

    def updates(
        self, wanted: Callable[[R], bool] | None = None, *, after: str | None = None
    ) -> Subscription[R]:
        """Records as they change. Raises InboxUnavailable when the upstream is not open, and InputError.

        Args:
            wanted: which records; the others take no place in the subscription's queue.
            after: the cursor of the last update that was seen; None for what changes from now on.
        """
        return self._inbox().subscribe(self.kind, self._reader.changed, wanted, after)


def _key(record: Any, attribute: str) -> str | None:
    value = getattr(record, attribute)
    if value is None:
        return None
    # bool is an int to isinstance, and no key.
    if type(value) not in (str, int):
        raise EventFailed(f"{attribute} is neither text nor an integer")
    key = str(value)
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or "\0" in key:
        raise EventFailed(f"{attribute} must have 1 to {MAX_KEY_CHARACTERS} characters, none of them NUL")
    return key
