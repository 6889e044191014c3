"""Shipments: where parcels are.

Kind: webhooks, signed as Standard Webhooks.
Owner: logistics.
Docs: standardwebhooks.com for the signature; demo/sender.py for the events.
Auth: webhook-signature.
Quota: none.
Errors: an event of another shape is kept as failed; see the inbox.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from patchbay.inbox.signatures import StandardWebhooks
from patchbay.upstreams import Webhook

shipments = Webhook("shipments", signature=StandardWebhooks("SHIPMENTS_WEBHOOK_SECRET"))


class Place(msgspec.Struct, frozen=True):
    """A place on earth, in degrees."""

    name: str
    latitude: float
    longitude: float


class TrackingEvent(msgspec.Struct, frozen=True):
    """One line of a parcel's history."""

    at: datetime
    place: str
    text: str


class Shipment(msgspec.Struct, frozen=True):
    """A parcel: its state, its way so far, and where it was seen last."""

    id: str
    order_id: str
    carrier: str
    status: str
    version: int
    events: list[TrackingEvent]
    place: Place | None = None
    as_of: datetime | None = None

    @property
    def latitude(self) -> float | None:
        """Of the place where it was seen last, in degrees."""
        return None if self.place is None else self.place.latitude

    @property
    def longitude(self) -> float | None:
        """Of the place where it was seen last, in degrees."""
        return None if self.place is None else self.place.longitude


class ShipmentEvent(msgspec.Struct, frozen=True):
    """The carrier's event envelope; it always holds the parcel's whole state."""

    type: str
    data: Shipment


def shipment_from_event(event: ShipmentEvent) -> Shipment:
    """The shipment that an event tells of."""
    return event.data


shipment_records = shipments.records(
    Shipment,
    event=ShipmentEvent,
    types=("shipment.*",),
    build=shipment_from_event,
    key="id",
    version="version",
    as_of="as_of",
    lookups=("order_id",),
    filters=("carrier", "status", "place.name"),
    orders=("carrier", "status"),
)
shipments_by_ids = shipment_records.by("id")
shipments_by_order_ids = shipment_records.by("order_id")
shipment_pages = shipment_records.pages()
shipment_pages_by_order_ids = shipment_records.pages(by="order_id")
