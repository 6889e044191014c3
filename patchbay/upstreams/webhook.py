"""Webhook upstreams: systems that send signed events instead of answering calls.

    payments = Webhook("payments", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))
    payment_records = payments.records(Payment, event=StripeEvent, build=payment_from_event, key="id",
                                       version="version", lookups=("order_id",))
    payments_by_order_ids = payment_records.by("order_id")

Events are kept by the inbox, and reads answer from the records that it made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from patchbay.errors import ConfigurationError, UpstreamUnavailable
from patchbay.inbox import Inbox, InboxUnavailable
from patchbay.inbox.deliveries import Deliveries
from patchbay.inbox.signatures import Opening
from patchbay.upstreams.declaring import declared_here, wrong_names
from patchbay.upstreams.webhook_changes import ChangeRule
from patchbay.upstreams.webhook_fetching import Fetching
from patchbay.upstreams.webhook_records import EventReader, WebhookRecords
from patchbay.upstreams.webhook_shape import Gone, RecordShape
from patchbay.upstreams.webhook_types import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.batch import ByIds
    from patchbay.cached.changes import Forgetful
    from patchbay.environment import Variable
    from patchbay.inbox.signatures import Challenge, Delivered, Signature, Verified
    from patchbay.inbox.sources import Registry
    from patchbay.upstreams.base import Runtime

R = TypeVar("R", bound=msgspec.Struct)
E = TypeVar("E")


class Webhook:
    """One system that sends events.

    Args:
        name: in errors, logs, health, and in the address that events are sent to: /webhooks/{name}.
        signature: how it proves that an event is its own.

    Attributes:
        deliveries: counts what comes in.
    """

    kind = "webhook"

    def __init__(self, name: str, *, signature: Signature) -> None:
        self.name = name
        self._signature = signature
        self.deliveries = Deliveries()
        self.declaration = declared_here(wrong_names(self.variables))
        self._readers: dict[str, EventReader[Any, Any]] = {}
        self._rules: list[ChangeRule[Any]] = []
        self._inbox: Inbox | None = None

    @property
    def signs_id(self) -> bool:
        """See Signature."""
        return self._signature.signs_id

    def variables(self) -> Sequence[Variable]:
        """The secrets."""
        return self._signature.variables()

    async def open(self, runtime: Runtime) -> None:
        """Read the secrets, and have the inbox apply events from now on, also those that came before."""
        self._signature.open(Opening(self.name, runtime.environment, runtime.resources))
        self._inbox = runtime.inbox
        self.register(runtime.inbox)

    def register(self, registry: Registry) -> None:
        """Tell what its events become. Needs no secrets."""
        # Without a reader, events wait: they would otherwise be ignored for good.
        if self._readers or self._rules:
            readers = tuple(self._readers.values())
            declared = [reader.declared for reader in readers]
            registry.register(self.name, (*readers, *self._rules), declared)

    async def close(self) -> None:
        """Have the inbox keep further events as they come. Harmless when not open."""
        if self._inbox is not None:
            self._inbox.unregister(self.name)
            self._inbox = None
        await self._signature.close()

    async def check(self) -> None:
        """Whether the inbox can be written. Raises UpstreamUnavailable."""
        try:
            await self.inbox().check()
        except InboxUnavailable as error:
            raise UpstreamUnavailable(self.name, str(error)) from error

    def status(self) -> dict[str, Any]:
        """See Upstream: how its deliveries do."""
        return {"deliveries": self.deliveries.status()}

    async def verify(self, delivered: Delivered) -> Verified | Challenge:
        """See Signature.verify."""
        return await self._signature.verify(delivered)

    def inbox(self) -> Inbox:
        """Where its events and records are. Raises InboxUnavailable when not open."""
        if self._inbox is None:
            raise InboxUnavailable("it is not open")
        return self._inbox

    def records(  # noqa: PLR0913 - named, and most of them have defaults
        self,
        record: type[R],
        *,
        event: type[E],
        build: Callable[[E], R | Gone | None],
        key: str,
        version: str,
        types: Sequence[str] = (),
        as_of: str | None = None,
        lookups: Sequence[str] = (),
        filters: Sequence[str] = (),
        orders: Sequence[str] = (),
        fetch: ByIds[Any] | Mapping[str, ByIds[Any]] | None = None,
        fetched: Callable[[Any], R | Sequence[R] | None] | None = None,
        max_age_seconds: float | None = None,
    ) -> WebhookRecords[R]:
        """Records that its events bring.

        Args:
            record: a frozen msgspec struct.
            event: a frozen msgspec struct, what `build` needs to know of an event's JSON body.
            build: the record's version in an event, or `Gone` where the event deletes it; None where the
                event is not about such a record. Runs on another thread. It may run twice for one event,
                after a crash.
            key: the record's attribute that tells it from others; text or an integer.
            version: the record's integer attribute that rises with each change.
            types: patterns of the event types that are read, as in "payment_intent.*"; events of others are
                not decoded. Without any, and where the vendor names no type, all are read.
            as_of: the record's attribute, a `datetime | None = None`, that reads fill with when the newest
                event about it was received, or when it was fetched.
            lookups: further attributes to read it by; text, an integer, or None.
            filters: attributes that pages can be filtered by, as paths ("amount.cents"); scalars or None.
            orders: attributes that pages can be ordered by, as `filters`.
            fetch: where the vendor can also be asked: the read of another upstream, by this record's key, or
                one for the key and lookups by name. What is missing or too old is fetched and kept.
            fetched: from what these reads answer for one key to a record, several or None; where they do not
                answer such records themselves.
            max_age_seconds: how long a record is taken as it is after it was told or fetched; None for ever.

        Raises:
            ConfigurationError: the declaration contradicts the record or an earlier declaration.
        """
        shape = RecordShape(
            self.name,
            record,
            key=key,
            version=version,
            lookups=lookups,
            filters=filters,
            orders=orders,
            as_of=as_of,
        )
        if shape.kind in self._readers:
            raise ConfigurationError(f"{self.name}: records of {record.__name__} are declared twice")
        reads = fetch if isinstance(fetch, Mapping) else {} if fetch is None else {key: fetch}
        fetching = Fetching(shape, reads, fetched=fetched, max_age_seconds=max_age_seconds) if reads else None
        reader = EventReader(shape, event=event, build=build, types=EventTypes(self.name, types))
        self._readers[reader.kind] = reader
        return WebhookRecords(shape, self.inbox, fetching)

    def changes(
        self,
        read: Forgetful,
        *,
        event: type[E],
        key: Callable[[E], Any],
        types: Sequence[str] = (),
        refresh: bool = False,
    ) -> None:
        """Have a read of another upstream forget a record that an event tells has changed.

        Args:
            read: as its adapter declares it, with a cache.
            event: a frozen msgspec struct, what `key` needs to know of an event's JSON body.
            key: the read's key in an event; None where the event is not about such a record; the empty tuple
                where all of the read changes, as pages do, and is forgotten. Runs on another thread.
            refresh: ask for it anew at once, in the background, where the read's answers do not depend on who
                asks.
            types: as for `records`.

        Raises:
            ConfigurationError: the event is no frozen struct.
        """
        rule = ChangeRule(
            self.name, read, event=event, key=key, types=EventTypes(self.name, types), refresh=refresh
        )
        self._rules.append(rule)
