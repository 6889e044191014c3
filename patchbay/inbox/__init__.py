r"""The durable store of webhook-fed systems: signed events in, records out.

    receiver -> Inbox.store -> events -> apply loop -> records -> reads by key
                                                   \-> changes -> feed -> subscriptions

`Inbox` is the whole of it for the rest of the house. Behind it: `model` what travels between the parts,
`signatures` how a vendor proves an event, `database` SQLite and PostgreSQL behind one face, `events`,
`records`, `pages`, `fetched`, `lookup_rows` and `changes` their statements, `applying` the loop from events
to records, `lookup_rebuilds` after a new declaration, `feed`, `subscription` and `updates` what
subscribers get.
"""

from patchbay.inbox.inbox import Inbox
from patchbay.inbox.model import (
    Arrival,
    Change,
    Event,
    EventFailed,
    Handler,
    InboxUnavailable,
    Lookup,
    Lookups,
    Notice,
    Receipt,
    StoredRecord,
)
from patchbay.inbox.options import InboxOptions
from patchbay.inbox.subscription import Subscription
from patchbay.inbox.updates import Update

__all__ = [
    "Arrival",
    "Change",
    "Event",
    "EventFailed",
    "Handler",
    "Inbox",
    "InboxOptions",
    "InboxUnavailable",
    "Lookup",
    "Lookups",
    "Notice",
    "Receipt",
    "StoredRecord",
    "Subscription",
    "Update",
]
