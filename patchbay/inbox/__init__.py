"""The durable store of webhook-fed systems: signed events in, records out.

    receiver -> Inbox.store -> events -> apply loop -> records -> reads by key, subscriptions

`Inbox` is the whole of it for the rest of the house. Behind it: `model` what travels between the parts,
`signatures` how a vendor proves an event, `sqlite` and `sqlite_lookups` the SQL statements, `writer` and
`reader` the two threads that run them, `applying` the loop from events to records, `lookups` their rebuild
after a new declaration, `publishing` the subscriptions.
"""

from patchbay.inbox.inbox import Inbox
from patchbay.inbox.model import Change, EventFailed, Handler, InboxUnavailable, Lookups, Notice, Stored
from patchbay.inbox.publishing import Subscription

__all__ = [
    "Change",
    "EventFailed",
    "Handler",
    "Inbox",
    "InboxUnavailable",
    "Lookups",
    "Notice",
    "Stored",
    "Subscription",
]
