"""Weather: the current weather at a place.

Kind: REST, JSON; no batch endpoint, so places are asked for one by one, a few at a time.
Owner: logistics.
Docs: demo/weather.py in this repository; in production the vendor's API reference.
Auth: HTTP Basic.
Quota: none published.
Errors: 401 wrong password, 422 a latitude or longitude that does not exist.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from patchbay.calls import Basic
from patchbay.upstreams import Rest

weather = Rest("weather", base_url="WEATHER_URL", credentials=Basic("WEATHER_USER", "WEATHER_PASSWORD"))


class Weather(msgspec.Struct, frozen=True):
    """What was observed last at a place."""

    temperature_celsius: float = msgspec.field(name="temperature_c")
    wind_kilometres_per_hour: float = msgspec.field(name="wind_kmh")
    observed_at: datetime


weather_by_places = weather.each(
    "GET /v1/current?latitude={latitude}&longitude={longitude}", Weather, at="current", concurrency=8
)
"""Keys are (latitude, longitude) in degrees."""
