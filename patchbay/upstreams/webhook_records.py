"""What a webhook upstream's events become, and how it is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, TypeVar, overload

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.inbox import Change, Event, EventFailed, Inbox, Lookups, Subscription
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data
from patchbay.upstreams.webhook_pages import PageFields, PagesRead
from patchbay.upstreams.webhook_reads import ManyRead, NewestRead, Table
from patchbay.upstreams.webhook_shape import Gone, RecordShape, require_frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.changes import LoggedChange
    from patchbay.upstreams.webhook_fetching import Fetching
    from patchbay.upstreams.webhook_types import EventTypes

R = TypeVar("R", bound=msgspec.Struct)
E = TypeVar("E")


class EventReader(Generic[R, E]):
    """Reads an event's body as the change of one record.

    Args:
        shape: of the records.
        event, build: see Webhook.records.
        types: of events that are read.

    Raises:
        ConfigurationError: the event is no frozen struct.
    """

    def __init__(
        self,
        shape: RecordShape[R],
        *,
        event: type[E],
        build: Callable[[E], R | Gone | None],
        types: EventTypes,
    ) -> None:
        require_frozen(shape.source, event)
        self.shape = shape
        self._types = types
        self._build = build
        self._event_name = event.__name__
        self._event = msgspec.json.Decoder(event)

    @property
    def kind(self) -> str:
        """What the inbox calls the records."""
        return self.shape.kind

    @property
    def declared(self) -> Lookups:
        """See RecordShape."""
        return self.shape.declared

    def __call__(self, event: Event) -> Change | None:
        """The change that this event brings; None when it is not of interest. Raises what `build` raises."""
        if not self._types.include(event.type):
            return None
        try:
            decoded = self._event.decode(event.body)
        except DECODE_ERRORS as error:
            raise EventFailed(str(bad_data(self._event_name, error))) from error
        built = self._build(decoded)
        return None if built is None else self.shape.change_of(built)


class WebhookRecords(Generic[R]):
    """The records of one type: reads by key, pages, and their changes as they come.

    Args:
        shape: of the records.
        inbox: where they are; may raise InboxUnavailable.
        fetching: asks the vendor for what is missing or too old; None where it cannot be asked.
    """

    def __init__(
        self, shape: RecordShape[R], inbox: Callable[[], Inbox], fetching: Fetching[R] | None = None
    ) -> None:
        self._shape = shape
        self._inbox = inbox
        self._table = Table(shape, inbox, fetching)
        self._fields = PageFields(shape)

    @property
    def kind(self) -> str:
        """What the inbox calls them."""
        return self._shape.kind

    @property
    def source(self) -> str:
        """The upstream's name."""
        return self._shape.source

    @property
    def decoder(self) -> msgspec.json.Decoder[R]:
        """Reads one from the JSON that is kept."""
        return self._shape.decoder

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
        shape = self._shape
        if attribute not in (shape.key, *shape.lookups):
            raise ConfigurationError(
                f"{self.source}: '{attribute}' is neither the key nor a lookup of {self.kind}"
            )
        name = f"{self.source}.by_{attribute}"
        return ManyRead(name, self._table, attribute) if many else NewestRead(name, self._table, attribute)

    def pages(self, *, by: str | None = None) -> PagesRead[R]:
        """A read of filtered, ordered pages. Raises ConfigurationError when `by` is no lookup.

        Args:
            by: the lookup that holds the parent, of whose values there is a list each; None for one list of
                all records, whose key is the empty tuple.
        """
        if by is not None and by not in self._shape.lookups:
            raise ConfigurationError(f"{self.source}: '{by}' is no lookup of {self.kind}")
        name = f"{self.source}.pages" if by is None else f"{self.source}.pages_by_{by}"
        return PagesRead(name, self._table, by, self._fields)

    def updates(
        self, wanted: Callable[[R], bool] | None = None, *, after: str | None = None
    ) -> Subscription[R]:
        """Records as they change. Raises InboxUnavailable when the upstream is not open, and InputError.

        Args:
            wanted: which records; the others take no place in the subscription's queue.
            after: the cursor of the last update that was seen; None for what changes from now on.
        """
        return self._inbox().subscribe(self.kind, self._changed, wanted, after)

    async def cursor(self) -> str:
        """For `updates`: what changes from now on is behind it. Raises InboxUnavailable."""
        return await self._inbox().cursor()

    def _changed(self, change: LoggedChange) -> R | None:
        """The record of a change; None where it was deleted, or written by a release with another type."""
        if change.body is None:
            return None
        try:
            return self._shape.read(change.body, change.as_of)
        except DECODE_ERRORS:
            return None
