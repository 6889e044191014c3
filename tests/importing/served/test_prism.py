"""Imported graphs in front of Prism, which knows nothing of them and answers by the same documents."""

from __future__ import annotations

import pytest

from tests.importing.served.asking import graph
from tests.importing.served.prism import needs_prism, prism
from tests.importing.specs import needs_specs, openapi
from tests.serving import ROOT

SHOP = ROOT / "demo" / "descriptions" / "shop.openapi.yaml"

ORDERS = """{
  listOrders(first: 5) { nodes { id placedAt status total { cents currency } items { quantity productId } } }
  listProducts(first: 3) { nodes { id sku name price { cents } } }
}"""
FORECAST = """{
  forecast(latitude: 52.5, longitude: 13.4, hourly: [TEMPERATURE_2M, RAIN]) {
    latitude elevation utcOffsetSeconds hourly { time temperature2m rain }
  }
}"""


@needs_prism
async def test_a_shop_is_mocked_by_its_description() -> None:
    with prism(SHOP) as url:
        async with graph(SHOP, url, API_TOKEN="any") as asking:
            for _ in range(5):
                data, errors = await asking.ask(ORDERS)
                assert not errors
                assert all(type(each["total"]["cents"]) is int for each in data["listOrders"]["nodes"])
        async with graph(SHOP, url) as asking:
            _, (error,) = await asking.ask("{ listOrders(first: 1) { nodes { id } } }")
    assert error.extensions["code"] == "UPSTREAM_REFUSED"
    assert error.extensions["status"] == 401


@needs_prism
@needs_specs
async def test_a_weather_service_is_mocked_by_its_description() -> None:
    path = openapi("open-meteo/forecast.yml")
    with prism(path) as url:
        async with graph(path, url) as asking:
            text = next(text for name, text in asking.operations())
            data, errors = await asking.ask(text)
    assert not errors
    (answer,) = data.values()
    assert isinstance(answer["latitude"], float | int)


@needs_prism
async def test_what_prism_refuses_is_told(tmp_path: object) -> None:
    with prism(SHOP) as url:
        async with graph(SHOP, url, API_TOKEN="any") as asking:
            data, errors = await asking.ask('{ listOrdersByCustomer(customerIds: ["C1"]) { __typename } }')
    assert not errors or errors[0].extensions["source"] == "api"
    assert data is not None


@pytest.mark.parametrize("name", ["shop", "crm", "weather"])
async def test_the_demo_s_descriptions_have_an_operation_for_each_route(name: str) -> None:
    async with graph(ROOT / "demo" / "descriptions" / f"{name}.openapi.yaml", "http://127.0.0.1:9") as asking:
        assert [field for field, _ in asking.operations()]
