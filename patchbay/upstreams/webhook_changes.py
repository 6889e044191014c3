"""Events that tell of a change in another system's records, which reads keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.inbox import Event, EventFailed, Notice
from patchbay.keys import wire_key
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data
from patchbay.upstreams.webhook_shape import require_frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.cached.changes import Forgetful
    from patchbay.upstreams.webhook_types import EventTypes

E = TypeVar("E")


class ChangeRule(Generic[E]):
    """Has a read forget, or ask anew for, what an event tells of.

    Args:
        upstream: whose events.
        read, event, key, refresh: see Webhook.changes.
        types: of events that are read.

    Raises:
        ConfigurationError: the event is no frozen struct.
    """

    def __init__(
        self,
        upstream: str,
        read: Forgetful,
        *,
        event: type[E],
        key: Callable[[E], Any],
        types: EventTypes,
        refresh: bool,
    ) -> None:
        require_frozen(upstream, event)
        self._read = read
        self._types = types
        self._key = key
        self._refresh = refresh
        self._event_name = event.__name__
        self._event = msgspec.json.Decoder(event)

    def __call__(self, event: Event) -> Notice | None:
        """What this event changes; None when it is not of interest. Raises what `key` raises."""
        if not self._types.include(event.type):
            return None
        try:
            decoded = self._event.decode(event.body)
        except DECODE_ERRORS as error:
            raise EventFailed(str(bad_data(self._event_name, error))) from error
        key = self._key(decoded)
        return None if key is None else Notice(self, wire_key(key))

    async def tell(self, keys: Sequence[Any]) -> None:
        """See Listener."""
        if () in keys:
            await self._read.forget()
        elif self._refresh:
            await self._read.refresh(keys)
        else:
            await self._read.forget(keys)
