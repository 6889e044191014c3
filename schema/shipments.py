"""Shipments, their way so far, and the weather where they are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import relay

from adapters import shipments
from patchbay.costs import ListSize
from patchbay.hints import PUBLIC, CacheControl
from patchbay.records import is_record, plain_key
from resolvers import links

if TYPE_CHECKING:
    from schema.orders import Order


@strawberry.type(description="A place on earth.")
class Place:
    """Read from shipments.Place."""

    name: str
    latitude: float = strawberry.field(description="In degrees.")
    longitude: float = strawberry.field(description="In degrees.")


@strawberry.type(description="One line of a parcel's history.")
class TrackingEvent:
    """Read from shipments.TrackingEvent."""

    at: datetime
    place: str
    text: str


@strawberry.type(
    description="The current weather at a place.", directives=[CacheControl(max_age=300, scope=PUBLIC)]
)
class Weather:
    """Read from weather.Weather."""

    temperature_celsius: float
    wind_kilometres_per_hour: float
    observed_at: datetime


@strawberry.type(description="A parcel. Told by the carriers' webhooks.")
class Shipment(relay.Node):
    """Read from shipments.Shipment."""

    is_type_of = is_record(shipments.Shipment)

    id: relay.NodeID[str]
    number: str = plain_key("The carrier's number.")
    carrier: str
    status: str
    place: Place | None = strawberry.field(description="Where the parcel was seen last.")
    events: list[TrackingEvent] = strawberry.field(directives=[ListSize(assumed_size=20)])
    as_of: datetime = strawberry.field(description="When the newest event about it was received.")
    weather: Weather | None = links.weather_of_shipment
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = links.order_of_shipment
