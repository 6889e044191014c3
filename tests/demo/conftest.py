"""The demo's services, started once for this folder; each test begins without counts or faults."""

from collections.abc import Iterator

import pytest

from demo.launch import NAMES, Demo
from tests.demo.wire import Wire


@pytest.fixture(scope="session")
def running_demo() -> Iterator[Demo]:
    with Demo() as demo:
        yield demo


@pytest.fixture
def demo(running_demo: Demo) -> Iterator[Demo]:
    for name in NAMES:
        running_demo[name].reset()
    yield running_demo
    for name in NAMES:
        running_demo[name].heal()


@pytest.fixture
def crm(demo: Demo) -> Wire:
    return Wire(demo.environment["CRM_URL"], {"x-api-key": demo.environment["CRM_KEY"]})


@pytest.fixture
def shop(demo: Demo) -> Wire:
    return Wire(demo.environment["SHOP_URL"], {"authorization": f"Bearer {demo.environment['SHOP_TOKEN']}"})


@pytest.fixture
def carrier(demo: Demo) -> Wire:
    return Wire(demo.environment["CARRIER_URL"], {"x-carrier-key": demo.environment["CARRIER_KEY"]})


@pytest.fixture
def accounting(demo: Demo) -> Wire:
    user, password = demo.environment["ACCOUNTING_USER"], demo.environment["ACCOUNTING_PASSWORD"]
    return Wire(demo.environment["ACCOUNTING_URL"], Wire.basic(user, password))


@pytest.fixture
def chat(demo: Demo) -> Wire:
    return Wire(demo.environment["CHAT_URL"], {"authorization": f"Bearer {demo.environment['CHAT_TOKEN']}"})


@pytest.fixture
def psp(demo: Demo) -> Wire:
    token = demo.environment["PAYMENTS_API_KEY"]
    return Wire(demo.environment["PAYMENTS_API_URL"], {"authorization": f"Bearer {token}"})


@pytest.fixture
def weather(demo: Demo) -> Wire:
    user, password = demo.environment["WEATHER_USER"], demo.environment["WEATHER_PASSWORD"]
    return Wire(demo.environment["WEATHER_URL"], Wire.basic(user, password))
