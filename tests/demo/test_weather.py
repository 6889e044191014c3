"""The weather service on the wire."""

import pytest

from tests.demo.wire import Wire


def test_a_place_has_the_same_weather_all_day(weather: Wire) -> None:
    first, again = (weather.get("/v1/current", latitude=52.52, longitude=13.4).json for _ in range(2))
    assert first == again
    assert (first["latitude"], first["longitude"]) == (52.52, 13.4)
    assert isinstance(first["current"]["temperature_c"], float)
    assert 0 <= first["current"]["wind_kmh"] <= 60
    elsewhere = weather.get("/v1/current", latitude=-33.9, longitude=151.2).json
    assert elsewhere["current"]["temperature_c"] != first["current"]["temperature_c"]


@pytest.mark.parametrize(
    ("latitude", "longitude", "status"),
    [("90", "180", 200), ("90.1", "0", 422), ("0", "-181", 422), ("nan", "0", 422), ("north", "0", 400)],
)
def test_a_place_is_checked(weather: Wire, latitude: str, longitude: str, status: int) -> None:
    assert weather.get("/v1/current", latitude=latitude, longitude=longitude).status == status


def test_a_wrong_password_is_refused(weather: Wire) -> None:
    weather.headers = Wire.basic("somebody", "wrong")
    answer = weather.get("/v1/current", latitude=0, longitude=0)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
