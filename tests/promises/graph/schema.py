"""The schema. Every field of a root is nullable, so that one upstream's error leaves other data alone."""

from __future__ import annotations

from typing import Any

import strawberry

from patchbay.links import link
from patchbay.loading import load
from patchbay.records import is_record, record_field, record_subscription
from patchbay.server import GraphSchema
from patchbay.updates import After, RecordUpdate
from tests.promises.graph import upstreams


@strawberry.type
class StockLevel:
    is_type_of = is_record(upstreams.StockLevel)

    sku: str
    on_hand: int
    warehouse: str


@strawberry.type
class Product:
    is_type_of = is_record(upstreams.Product)

    id: str
    sku: str
    name: str
    stock: StockLevel | None = link(upstreams.stock_by_skus, key="sku")


@strawberry.type
class Customer:
    is_type_of = is_record(upstreams.Customer)

    id: str
    name: str
    email: str
    erp_number: str


@strawberry.type
class Weather:
    is_type_of = is_record(upstreams.Weather)

    temperature_celsius: float


@strawberry.type
class Reservation:
    is_type_of = is_record(upstreams.Reservation)

    reservation_id: str


@strawberry.type
class Parcel:
    is_type_of = is_record(upstreams.Parcel)

    id: str
    version: int


async def customer(id: str) -> Any:
    return await load(upstreams.customers_by_ids, id)


async def kept_customer(id: str) -> Any:
    return await load(upstreams.kept_customers_by_ids, id)


async def customers(offset: int) -> Any:
    return await upstreams.customers_from(offset=offset)


async def product(id: str) -> Any:
    return await load(upstreams.products_by_ids, id)


async def hostile_stock(service: int, sku: str) -> Any:
    return await load(upstreams.hostile_stock_by_skus[service], sku)


async def weather(latitude: float, longitude: float) -> Any:
    return await load(upstreams.weather_by_places, (latitude, longitude))


def counted(sizes: list[list[int]]) -> int:
    return sum(map(len, sizes))


async def change_email(id: str, email: str) -> Any:
    return await upstreams.change_email(upstreams.EmailChange(email), id=id)


async def reserve_stock(sku: str, quantity: int) -> Any:
    return await upstreams.reserve_stock(Sku=sku, Quantity=quantity)


def parcel_updated(after: After = None) -> Any:
    return upstreams.parcel_records.updates(after=after)


@strawberry.type
class Query:
    customer: Customer | None = record_field(customer, description="One customer, from the CRM.")
    kept_customer: Customer | None = record_field(kept_customer, description="As customer, and kept.")
    customers: list[Customer] | None = record_field(customers, description="A hundred, from the CRM.")
    product: Product | None = record_field(product, description="One product, from the shop.")
    hostile_stock: StockLevel | None = record_field(hostile_stock, description="From a service that lies.")
    counted: int | None = record_field(counted, description="How many numbers were sent.")
    weather: Weather | None = record_field(weather, description="At one place.")


@strawberry.type
class Mutation:
    change_email: Customer | None = record_field(change_email, description="In the CRM.")
    reserve_stock: Reservation | None = record_field(reserve_stock, description="In the ERP.")


@strawberry.type
class Subscription:
    parcel_updated: RecordUpdate[Parcel] = record_subscription(parcel_updated, description="As told.")


schema = GraphSchema(query=Query, mutation=Mutation, subscription=Subscription)
