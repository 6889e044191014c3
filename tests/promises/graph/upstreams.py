"""The demo's upstreams, with the options of the case."""

from __future__ import annotations

import os

import msgspec

from adapters.crm import Customer, EmailChange
from adapters.erp import Reservation, StockLevel
from adapters.shop import Product
from adapters.weather import Weather
from patchbay.batch import Batch
from patchbay.cached import Ttl
from patchbay.calls import ApiKey, Basic, Bearer
from patchbay.inbox.signatures import StandardWebhooks
from patchbay.upstreams import Rest, Soap, Upstream, UsernameToken, Webhook
from tests.promises.graph import CASE
from tests.promises.graph.options import (
    FRESH_SECONDS,
    HOSTILE,
    HOSTILE_SERVICES,
    PLAIN,
    options_of,
    stale_seconds_of,
)

_case = os.environ.get(CASE) or PLAIN

crm = Rest(
    "crm",
    base_url="CRM_URL",
    credentials=ApiKey("CRM_KEY", header="X-Api-Key"),
    **options_of(_case, "crm"),
)
shop = Rest("shop", base_url="SHOP_URL", credentials=Bearer("SHOP_TOKEN"), **options_of(_case, "shop"))
erp = Soap(
    "erp",
    wsdl="ERP_WSDL",
    credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"),
    **options_of(_case, "erp"),
)
weather = Rest(
    "weather",
    base_url="WEATHER_URL",
    credentials=Basic("WEATHER_USER", "WEATHER_PASSWORD"),
    **options_of(_case, "weather"),
)
hostile = [
    Soap(f"erp{number}", wsdl=f"ERP{number}_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"))
    for number in range(HOSTILE_SERVICES if _case == HOSTILE else 0)
]
parcels = Webhook("parcels", signature=StandardWebhooks("SHIPMENTS_WEBHOOK_SECRET"))
UPSTREAMS: tuple[Upstream, ...] = (crm, shop, erp, weather, parcels, *hostile)


class Parcel(msgspec.Struct, frozen=True):
    """What a webhook tells of."""

    id: str
    version: int


customers_by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100)
kept_customers_by_ids = crm.batch(
    "GET /customers?ids={ids}",
    Customer,
    match="id",
    max_size=100,
    cache=Ttl(FRESH_SECONDS, stale_if_error_seconds=stale_seconds_of(_case)),
)
customers_from = crm.list("GET /customers/page?offset={offset}&limit=100", Customer, at="items")
change_email = crm.write("PATCH /customers/{id}", Customer)
products_by_ids = shop.batch("GET /products?ids={ids}", Product, match="id", at="data", max_size=50)


def stock_of(service: Soap) -> Batch[StockLevel]:
    """The read of an ERP's stock."""
    return service.batch(
        "GetStockLevels", StockLevel, keys="Skus.Sku", at="Levels.Level", match="sku", max_size=50
    )


stock_by_skus = stock_of(erp)
hostile_stock_by_skus = [stock_of(service) for service in hostile]
reserve_stock = erp.write("ReserveStock", Reservation, at="Reservation")
parcel_records = parcels.records(
    Parcel, event=Parcel, build=lambda parcel: parcel, key="id", version="version"
)
weather_by_places = weather.each(
    "GET /v1/current?latitude={latitude}&longitude={longitude}", Weather, at="current", concurrency=8
)

__all__ = [
    "UPSTREAMS",
    "Customer",
    "EmailChange",
    "Parcel",
    "Product",
    "Reservation",
    "StockLevel",
    "Weather",
    "change_email",
    "customers_by_ids",
    "customers_from",
    "hostile_stock_by_skus",
    "kept_customers_by_ids",
    "parcel_records",
    "products_by_ids",
    "reserve_stock",
    "stock_by_skus",
    "weather_by_places",
]
