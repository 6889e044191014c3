"""Clients of the demo's services."""

import pytest

from demo.launch import Demo
from tests.demo.wire import Wire


@pytest.fixture
def crm(demo: Demo) -> Wire:
    return Wire(demo.environment["CRM_URL"], {"x-api-key": demo.environment["CRM_KEY"]})


@pytest.fixture
def shop(demo: Demo) -> Wire:
    return Wire(demo.environment["SHOP_URL"], {"authorization": f"Bearer {demo.environment['SHOP_TOKEN']}"})


@pytest.fixture
def weather(demo: Demo) -> Wire:
    user, password = demo.environment["WEATHER_USER"], demo.environment["WEATHER_PASSWORD"]
    return Wire(demo.environment["WEATHER_URL"], Wire.basic(user, password))
