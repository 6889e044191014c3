"""Webhook upstreams: systems that send signed events instead of answering calls.

    payments = Webhook("payments", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))
    payment_records = payments.records(Payment, event=StripeEvent, build=payment_from_event, key="id",
                                       version="version", lookups=("order_id",))
    payments_by_order_ids = payment_records.by("order_id")

Events are kept by the inbox, and reads answer from the records that it made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from patchbay.errors import ConfigurationError, UpstreamUnavailable
from patchbay.inbox import Inbox, InboxUnavailable
from patchbay.upstreams.declaring import declared_here, wrong_names
from patchbay.upstreams.webhook_changes import ChangeRule
from patchbay.upstreams.webhook_records import EventReader, WebhookRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.cached.changes import Forgetful
    from patchbay.environment import Variable
    from patchbay.inbox.signatures import Signature, Verified
    from patchbay.upstreams.base import Runtime

R = TypeVar("R", bound=msgspec.Struct)
E = TypeVar("E")


class Webhook:
    """One system that sends events.

    Args:
        name: in errors, logs, health, and in the address that events are sent to: /webhooks/{name}.
        signature: how it proves that an event is its own.
    """

    kind = "webhook"

    def __init__(self, name: str, *, signature: Signature) -> None:
        self.name = name
        self._signature = signature
        self.declaration = declared_here(wrong_names(self.variables))
        self._readers: dict[str, EventReader[Any, Any]] = {}
        self._rules: list[ChangeRule[Any]] = []
        self._inbox: Inbox | None = None

    def variables(self) -> Sequence[Variable]:
        """The secrets."""
        return self._signature.variables()

    async def open(self, runtime: Runtime) -> None:
        """Read the secrets, and have the inbox apply events from now on, also those that came before."""
        self._signature.open(runtime.environment)
        self._inbox = runtime.inbox
        # Without a reader, events wait: they would otherwise be ignored for good.
        if self._readers or self._rules:
            readers = tuple(self._readers.values())
            declared = [reader.declared for reader in readers]
            runtime.inbox.register(self.name, (*readers, *self._rules), declared)

    async def close(self) -> None:
        """Have the inbox keep further events as they come. Harmless when not open."""
        if self._inbox is not None:
            self._inbox.unregister(self.name)
            self._inbox = None

    async def check(self) -> None:
        """Whether the inbox can be written. Raises UpstreamUnavailable."""
        try:
            await self.inbox().check()
        except InboxUnavailable as error:
            raise UpstreamUnavailable(self.name, str(error)) from error

    def status(self) -> dict[str, Any]:
        """See Upstream: it makes no calls."""
        return {}

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> Verified:
        """See Signature.verify."""
        return self._signature.verify(headers, body, now)

    def inbox(self) -> Inbox:
        """Where its events and records are. Raises InboxUnavailable when not open."""
        if self._inbox is None:
            raise InboxUnavailable("it is not open")
        return self._inbox

    def records(
        self,
        record: type[R],
        *,
        event: type[E],
        build: Callable[[E], R | None],
        key: str,
        version: str,
        lookups: Sequence[str] = (),
    ) -> WebhookRecords[R]:
        """Records that its events bring.

        Args:
            record: a frozen msgspec struct.
            event: a frozen msgspec struct, what `build` needs to know of an event's JSON body.
            build: the record's version in an event; None where the event is not about such a record. Runs on
                another thread. It may run twice for one event, after a crash.
            key: the record's attribute that tells it from others; text or an integer.
            version: the record's integer attribute that rises with each change.
            lookups: further attributes to read it by; text, an integer, or None.

        Raises:
            ConfigurationError: the declaration contradicts the record or an earlier declaration.
        """
        reader = EventReader(
            self.name, record, event=event, build=build, key=key, version=version, lookups=tuple(lookups)
        )
        if reader.kind in self._readers:
            raise ConfigurationError(f"{self.name}: records of {record.__name__} are declared twice")
        self._readers[reader.kind] = reader
        return WebhookRecords(self.name, reader, self.inbox)

    def changes(
        self, read: Forgetful, *, event: type[E], key: Callable[[E], Any], refresh: bool = False
    ) -> None:
        """Have a read of another upstream forget a record that an event tells has changed.

        Args:
            read: as its adapter declares it, with a cache.
            event: a frozen msgspec struct, what `key` needs to know of an event's JSON body.
            key: the read's key in an event; None where the event is not about such a record; the empty tuple
                where all of the read changes, as pages do, and is forgotten. Runs on another thread.
            refresh: ask for it anew at once, in the background, where the read's answers do not depend on who
                asks.

        Raises:
            ConfigurationError: the event is no frozen struct.
        """
        self._rules.append(ChangeRule(self.name, read, event=event, key=key, refresh=refresh))
