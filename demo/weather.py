"""Weather: the current weather at a place. REST, HTTP Basic; one place a call.

``GET /v1/current?latitude=52.52&longitude=13.4``
    ``{"latitude", "longitude", "current": {"temperature_c", "wind_kmh", "observed_at"}}``, the same all day
    (UTC); 400 for what is not a number, 422 for a place that is not on Earth.
"""

import base64
import math
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from demo import answers, service
from demo.control import Control, by_route
from demo.dice import dice
from demo.guard import Guard

LATITUDE_MAX_DEGREES: Final = 90
LONGITUDE_MAX_DEGREES: Final = 180
COLDEST_DAY_OF_YEAR: Final = 20
DAYS_OF_YEAR: Final = 365.25


def degrees(request: Request, name: str, most: int) -> float:
    """The query parameter `name`, rounded to two decimals; 400 or 422 for what is no place."""
    try:
        value = float(request.query_params.get(name, ""))
    except ValueError as error:
        raise HTTPException(400, f"{name} is not a number.") from error
    if not -most <= value <= most:
        raise HTTPException(422, f"{name} is between -{most} and {most}.")
    return round(value, 2)


def temperature_c(latitude: float, longitude: float, day: datetime) -> float:
    """Degrees Celsius of a place on a day: warm near the equator, with seasons, and some chance."""
    season = -math.cos(2 * math.pi * (day.timetuple().tm_yday - COLDEST_DAY_OF_YEAR) / DAYS_OF_YEAR)
    usual = 28 - 0.36 * abs(latitude) + 0.2 * latitude * season
    return round(usual + dice("temperature", latitude, longitude, day.date()).uniform(-4, 4), 1)


async def current(request: Request) -> Response:
    """GET /v1/current."""
    latitude = degrees(request, "latitude", LATITUDE_MAX_DEGREES)
    longitude = degrees(request, "longitude", LONGITUDE_MAX_DEGREES)
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    weather = {
        "temperature_c": temperature_c(latitude, longitude, day),
        "wind_kmh": round(dice("wind", latitude, longitude, day.date()).uniform(0, 60), 1),
        "observed_at": day,
    }
    return answers.json({"latitude": latitude, "longitude": longitude, "current": weather})


def build() -> ASGIApp:
    """The service's app; reads WEATHER_USER and WEATHER_PASSWORD."""
    pair = f"{answers.required('WEATHER_USER')}:{answers.required('WEATHER_PASSWORD')}"
    expected = f"Basic {base64.b64encode(pair.encode()).decode()}"

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("authorization", ""), expected)

    app = Starlette(
        routes=[Route("/v1/current", current, methods=["GET"])],
        middleware=[Middleware(Guard, check=allowed, challenge='Basic realm="weather"')],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes))


if __name__ == "__main__":
    service.main("weather", build)
