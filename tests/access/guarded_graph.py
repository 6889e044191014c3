"""A graph of which most things are not for everybody.

Accounts take two scopes, or one for admins; files a policy; grades and statuses a client that is known;
prices, of whatever has one, a scope; and what customers say of themselves depends on the field.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any, NewType

import strawberry
from strawberry import relay
from strawberry.schema.config import StrawberryConfig

from patchbay.access.authorization.directives import Authenticated, Policy, RequiresScopes
from patchbay.access.identity import Identity
from patchbay.inbox import Update
from patchbay.links import connection_link, link, listing
from patchbay.loading import load
from patchbay.nodes import NodeTable
from patchbay.paging import Connection, page_resolver
from patchbay.records import is_record, record_field, record_subscription
from patchbay.server import GraphSchema
from patchbay.updates import RecordUpdate
from tests.access import guarded_reads as reads

POLICIES_ASKED: Counter[str] = Counter()
"""How often each policy's function was called."""

strawberry.enum(reads.Grade, name="Grade", directives=[Authenticated()])
Iban = NewType("Iban", str)

_ADMIN = ["admin"]


@strawberry.interface(description="Has a price.")
class Priced:
    price: int = strawberry.field(directives=[RequiresScopes(scopes=[["prices:read"], _ADMIN])])


@strawberry.interface(directives=[Authenticated()], description="Is on its way.")
class Traced:
    status: str


@strawberry.type(directives=[RequiresScopes(scopes=[["finance:read", "accounts:read"], _ADMIN])])
class Account(relay.Node):
    is_type_of = is_record(reads.Account)

    id: relay.NodeID[str]
    balance: int
    customer: Annotated[Customer, strawberry.lazy("tests.access.guarded_graph")] | None = link(
        reads.customers, key="customer_id"
    )


@strawberry.type(directives=[Policy(policies=[["clerk", "on_duty"], ["auditor"]])])
class File(relay.Node):
    is_type_of = is_record(reads.File)

    id: relay.NodeID[str]
    remark: str


@strawberry.type
class Order(relay.Node, Priced):
    is_type_of = is_record(reads.Order)

    id: relay.NodeID[str]
    status: str
    customer: Annotated[Customer, strawberry.lazy("tests.access.guarded_graph")] | None = link(
        reads.customers, key="customer_id"
    )


@strawberry.type
class Parcel(Traced):
    is_type_of = is_record(reads.Parcel)

    number: str


@strawberry.type
class Customer(relay.Node):
    is_type_of = is_record(reads.Customer)

    id: relay.NodeID[str]
    name: str
    email: str | None = strawberry.field(directives=[Authenticated()])
    grade: reads.Grade | None
    iban: Iban | None
    region_note: str | None = strawberry.field(
        directives=[RequiresScopes(scopes=[["notes:read"]]), Policy(policies=[["same_region"]])]
    )
    tax_number: str = strawberry.field(directives=[RequiresScopes(scopes=[_ADMIN])])
    account: Account | None = link(reads.accounts, key="account_id")
    orders: Connection[Order] | None = connection_link(reads.order_pages, key="id")
    files: Connection[File] | None = connection_link(reads.file_pages, key="id")
    referrer: Customer | None = link(
        reads.referrers, key="id", directives=[RequiresScopes(scopes=[["referrals:read"]])]
    )


Found = Annotated[Customer | Account | File, strawberry.union("Found")]
Hidden = Annotated[Account | File, strawberry.union("Hidden")]

NODES = NodeTable(
    {"Customer": reads.customers, "Account": reads.accounts, "Order": reads.orders, "File": reads.files}
)


async def customer(id: str) -> Any:
    return await load(reads.customers, id)


async def account(id: str) -> Any:
    return await load(reads.accounts, id)


async def node(id: strawberry.ID) -> Any:
    return await NODES.load(id)


async def found() -> Any:
    reads.count("search")
    return [reads.CUSTOMERS["c1"], reads.ACCOUNTS["a1"], reads.FILES["f1"]]


async def hidden() -> Any:
    reads.count("search")
    return [reads.ACCOUNTS["a1"], reads.FILES["f1"]]


async def priced() -> Any:
    reads.count("search")
    return list(reads.ORDERS.values())


async def traced() -> Any:
    reads.count("search")
    return list(reads.PARCELS.values())


@strawberry.type
class Query:
    customer: Customer | None = record_field(customer, description="One.")
    customers: list[Customer] | None = listing(reads.every_customer)
    account: Account | None = record_field(account, description="One.")
    accounts: list[Account] | None = listing(reads.every_account)
    orders: Connection[Order] | None = record_field(page_resolver(reads.all_orders), description="All.")
    files: Connection[File] | None = record_field(page_resolver(reads.all_files), description="All.")
    node: relay.Node | None = record_field(node, description="Any.")
    found: list[Found | None] | None = record_field(found, description="Of several types.")
    hidden: list[Hidden | None] | None = record_field(hidden, description="Of guarded types alone.")
    priced: list[Priced] | None = record_field(priced, description="What has a price.")
    traced: list[Traced] | None = record_field(traced, description="What is on its way.")
    parcels: list[Parcel] | None = listing(reads.every_parcel)
    ping: str = strawberry.field(resolver=lambda: "pong")


async def rename(id: str, name: str) -> Any:
    reads.count("rename")
    return reads.Customer(**{**_members(reads.CUSTOMERS[id]), "name": name})


async def close_account(id: str) -> Any:
    reads.count("close account")
    return reads.ACCOUNTS[id]


async def shred(id: str) -> bool:
    del id
    reads.count("shred")
    return True


def _members(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


@strawberry.type
class Mutation:
    rename: Customer | None = record_field(rename, description="Open.", directives=[Authenticated()])
    close_account: Account | None = record_field(close_account, description="Guarded by what it answers.")
    shred: bool | None = record_field(
        shred, description="Guarded by a policy.", directives=[Policy(policies=[["auditor"]])]
    )


def customer_updated() -> Any:
    reads.count("customer stream")
    return _updates(reads.CUSTOMERS)


def account_updated() -> Any:
    reads.count("account stream")
    return _updates(reads.ACCOUNTS)


def ticks() -> Any:
    reads.count("ticks")
    return _one()


async def _one() -> AsyncGenerator[int, None]:
    yield 1


async def _updates(records: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    for number, each in enumerate(records.values()):
        yield Update(str(number), each)
        await asyncio.sleep(0)


@strawberry.type
class Subscription:
    customer_updated: RecordUpdate[Customer] = record_subscription(customer_updated, description="As told.")
    account_updated: RecordUpdate[Account] = record_subscription(account_updated, description="As told.")
    ticks: int = record_subscription(
        ticks, description="A clock.", directives=[RequiresScopes(scopes=[["clock:read"]])]
    )


def _policy(name: str, claim: str) -> Any:
    def asked(identity: Identity) -> bool:
        POLICIES_ASKED[name] += 1
        return bool(identity.claims.get(claim))

    return asked


POLICIES: Mapping[str, Any] = {
    name: _policy(name, name) for name in ("clerk", "on_duty", "auditor", "same_region")
}

IBAN = strawberry.scalar(
    name="Iban", serialize=str, directives=[RequiresScopes(scopes=[["finance:read"], _ADMIN])]
)

schema = GraphSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Parcel, Order, File],
    policies=POLICIES,
    config=StrawberryConfig(scalar_map={Iban: IBAN}, enable_experimental_incremental_execution=True),
)
