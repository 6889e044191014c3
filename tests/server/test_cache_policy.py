"""Cache hints: what an operation's fields come to in Cache-Control, and what is never kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import pytest
import strawberry
from graphql import parse

from adapters import crm, shop
from bench.graph import blog
from patchbay.access.limits.checks import Limits
from patchbay.caller import Caller
from patchbay.errors import ConfigurationError
from patchbay.hints import PRIVATE, PUBLIC, CacheControl, hint_among
from patchbay.links import connection_link, link, listing
from patchbay.records import record_field
from patchbay.server import GraphSchema
from patchbay.server.cache_policy import NO_STORE, cache_headers
from patchbay.server.documents import DocumentReader
from patchbay.server.operations import Operation
from schema import schema as demo_schema
from tests.server.things import named, running


@strawberry.interface(directives=[CacheControl(max_age=40)])
class Named:
    name: str


@strawberry.type
class Plain(Named):
    """Takes its interface's hint."""

    other: int = strawberry.field(directives=[CacheControl(max_age=20)])


@strawberry.type(directives=[CacheControl(max_age=30, scope=PRIVATE)])
class Secret(Named):
    secret: int = 1


@strawberry.type
class Money:
    cents: int


@strawberry.type(directives=[CacheControl(inherit_max_age=True)])
class Amount:
    cents: int


@strawberry.type(directives=[CacheControl(max_age=60, scope=PUBLIC)])
class Product:
    name: str
    price: Money
    amount: Amount
    parent: Product
    secret: Secret
    stock: int = strawberry.field(directives=[CacheControl(max_age=5)])
    owner: str = strawberry.field(directives=[CacheControl(scope=PRIVATE)])
    inherited: Money = strawberry.field(directives=[CacheControl(inherit_max_age=True)])
    shown: int = strawberry.field(directives=[CacheControl(max_age=90, scope=PUBLIC)])
    never: int = strawberry.field(directives=[CacheControl(max_age=0)])


Either = Annotated[Plain | Product, strawberry.union("Either", directives=[CacheControl(max_age=70)])]


@strawberry.type
class Query:
    product: Product
    products: list[Product] | None
    short: Product = strawberry.field(directives=[CacheControl(max_age=10)])
    plain: int
    hinted: int = strawberry.field(directives=[CacheControl(max_age=15, scope=PUBLIC)])
    something: Named
    either: Either
    nothing: Money


@strawberry.type
class Mutation:
    product: Product


@strawberry.type
class Subscription:
    product: Product


TYPES: Mapping[str, Any] = {
    "query": Query, "mutation": Mutation, "subscription": Subscription, "types": (Plain, Secret)
}  # fmt: skip
SCHEMA = GraphSchema(**TYPES)
DEFAULTED = GraphSchema(**TYPES, default_max_age_seconds=25)

ANONYMOUS = Caller([(b"host", b"x")])
KNOWN = Caller([(b"authorization", b"Bearer x")])


class Result:
    """Of an operation that went well."""

    errors = None
    extensions = None


def prepared(query: str, schema: GraphSchema = SCHEMA) -> Operation:
    document = DocumentReader(Limits()).read(query)
    assert not document.errors(schema.graphql_schema, suggest=True)
    operation = schema.operations.prepare(document, None)
    assert operation is not None
    return operation


def told(query: str, *, schema: GraphSchema = SCHEMA, caller: Caller = ANONYMOUS) -> str:
    """The value of Cache-Control for a good answer to this query."""
    operation = prepared(query, schema)
    return dict(cache_headers(operation.policy, Result, caller))[b"cache-control"].decode()


POLICIES: dict[str, str] = {
    # A type's hint goes for its scalars; the smallest age counts.
    "{ product { name } }": "max-age=60, public",
    "{ products { name } }": "max-age=60, public",
    "{ product { name stock } }": "max-age=5, public",
    "{ short { name } }": "max-age=10, public",
    "{ product { shown } hinted }": "max-age=15, public",
    "{ product { parent { parent { stock } } } }": "max-age=5, public",
    # Without a hint: 0 for roots and for what returns objects.
    "{ plain }": "no-store",
    "{ product { price { cents } } }": "no-store",
    "{ nothing { cents } }": "no-store",
    "{ product { never } }": "no-store",
    "{ product { amount { cents } } }": "max-age=60, public",
    "{ product { inherited { cents } } }": "max-age=60, public",
    # One private field makes all of it private.
    "{ product { owner } }": "max-age=60, private",
    "{ product { secret { secret } } hinted }": "max-age=15, private",
    # Abstract types: whatever they may turn out to be.
    "{ something { name } }": "max-age=30, private",
    "{ either { __typename } }": "max-age=60, public",
    "{ either { ... on Plain { other } } }": "max-age=20, public",
    "{ either { ... on Product { stock } } }": "max-age=5, public",
    "{ something { ... on Plain { other } } }": "max-age=20, private",
    # Fragments, conditions, aliases.
    "{ ...a } fragment a on Query { product { ...b } } fragment b on Product { stock }": "max-age=5, public",
    "{ ... { product { ... @include(if: false) { stock } } } }": "max-age=5, public",
    "{ product { name stock @skip(if: true) } }": "max-age=5, public",
    "{ a: product { name } b: product { n: stock } }": "max-age=5, public",
    # Introspection and what is no query.
    "{ __typename }": "no-store",
    "{ product { __typename } }": "max-age=60, public",
    "{ product { name } __schema { __typename } }": "no-store",
    '{ product { name } __type(name: "Query") { name } }': "no-store",
    "mutation { product { name } }": "no-store",
}


@pytest.mark.parametrize("query", POLICIES)
def test_the_hints_of_all_fields_come_to_one_policy(query: str) -> None:
    assert told(query) == POLICIES[query]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ product { name } }", "max-age=60, public"),
        ("{ product { shown } hinted }", "max-age=15, public"),
        ("{ product { amount { cents } } }", "max-age=60, public"),
        ("{ product { stock } }", "max-age=5, private"),
        ("{ short { name } }", "max-age=10, public"),
        ("{ either { __typename } }", "max-age=60, private"),
        ("{ product { owner } }", "max-age=60, private"),
        ("{ plain }", "no-store"),
    ],
)
def test_with_credentials_public_is_what_says_so_throughout(query: str, expected: str) -> None:
    assert told(query, caller=KNOWN) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ plain }", "max-age=25, public"),
        ("{ product { price { cents } } }", "max-age=25, public"),
        ("{ product { stock } }", "max-age=5, public"),
        ("{ product { never } }", "no-store"),
        ("{ __typename }", "no-store"),
        ("mutation { product { name } }", "no-store"),
    ],
)
def test_a_schema_may_set_the_default(query: str, expected: str) -> None:
    assert told(query, schema=DEFAULTED) == expected


def test_what_differs_by_credentials_says_so_to_caches() -> None:
    by_form = prepared("{ product { name } }")
    by_caller = prepared("{ product { stock } }")
    assert dict(cache_headers(by_form.policy, Result, ANONYMOUS))[b"vary"] == b"accept"
    varies = dict(cache_headers(by_caller.policy, Result, ANONYMOUS))[b"vary"]
    assert {b"authorization", b"cookie", b"x-api-key"} <= set(varies.split(b", "))


def test_a_fragment_bomb_is_walked_once_per_type() -> None:
    fragments = " ".join(
        f"fragment f{level} on Product {{ a: parent {{ ...f{level + 1} }} b: parent {{ ...f{level + 1} }} }}"
        for level in range(40)
    )
    query = f"{{ product {{ ...f0 }} }} {fragments} fragment f40 on Product {{ stock }}"
    # As a document it would be refused.
    definitions: Any = parse(query).definitions
    fragments_by_name = {each.name.value: each for each in definitions[1:]}
    found = SCHEMA.cache_policies.of(definitions[0], fragments_by_name)
    assert found is not None
    assert found.anonymous[0][1] == b"max-age=5, public"


# -------------------------------------------------------------------------------------------- declarations


@pytest.mark.parametrize(
    "members",
    [{"max_age": -1}, {"max_age": 5, "inherit_max_age": True}, {"max_age": 0, "inherit_max_age": True}],
)
def test_a_hint_without_a_meaning_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        CacheControl(**members)


def test_hints_are_printed_in_the_schema() -> None:
    text = SCHEMA.as_str()
    assert "directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on" in text
    assert "type Product @cacheControl(maxAge: 60, scope: PUBLIC) {" in text
    assert "owner: String! @cacheControl(scope: PRIVATE)" in text
    assert "union Either @cacheControl(maxAge: 70) = Plain | Product" in text


def test_the_house_s_own_fields_carry_hints() -> None:
    hint = CacheControl(max_age=7)
    fields = [
        link(crm.customers_by_ids, key="id", directives=[hint]),
        connection_link(shop.orders_by_customer_ids, key="id", directives=[hint]),
        listing(blog.posts, directives=[hint]),
        record_field(lambda: None, description="x", directives=[hint]),
    ]
    assert [hint_among(field.directives) for field in fields] == [hint] * 4
    assert link(crm.customers_by_ids, key="id").directives == []


# ------------------------------------------------------------------------------------------- over the wire


GET = {"GraphQL-Require-Preflight": "1"}

WIRE: dict[str, tuple[str, str]] = {
    "hinted": ("{ kept }", "max-age=60, public"),
    "not hinted": ('{ thing(id: "1") { name } }', "no-store"),
    "an error": ("{ broken }", "no-store"),
    "a warning": ("{ stale(age: 1.5) }", "no-store"),
    "a document that is not valid": ("{ nothing }", "no-store"),
    "one that cannot be parsed": ("{", "no-store"),
    "a variable that cannot be used": ("query($a: Float!) { stale(age: $a) }", "no-store"),
    "introspection": ("{ __typename }", "no-store"),
    "a resolver's own": ("{ own }", "max-age=1"),
}


@pytest.mark.parametrize("case", WIRE)
async def test_each_answer_says_whether_it_may_be_kept(tmp_path: Path, case: str) -> None:
    query, expected = WIRE[case]
    async with running(named, tmp_path) as server, httpx2.AsyncClient(trust_env=False) as client:
        answers = [
            await client.post(server.url, json={"query": query}),
            await client.post(server.url, json={"query": query}, headers={"Accept": "text/html"}),
            await client.get(f"{server.url}?query={quote(query)}", headers=GET),
        ]
    assert [answer.headers.get_list("cache-control") for answer in answers] == [[expected]] * 3


async def test_a_mutation_and_a_refusal_are_never_kept(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server, httpx2.AsyncClient(trust_env=False) as client:
        answers = [
            await client.post(server.url, json={"query": 'mutation { put(id: "1") { id } }'}),
            await client.post(server.url, json=[]),
            await client.get(f"{server.url}?query={quote('mutation { put(id: 1) { id } }')}", headers=GET),
            await client.patch(server.url),
        ]
    assert [answer.status_code for answer in answers] == [200, 400, 405, 405]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_credentials_make_it_private_by_get_and_post(tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer x"}
    async with (
        running(named, tmp_path) as server,
        httpx2.AsyncClient(trust_env=False, headers=headers) as client,
    ):
        answers = [
            await client.post(server.url, json={"query": "{ kept }"}),
            await client.get(f"{server.url}?query={quote('{ kept }')}"),
        ]
    assert [answer.headers["cache-control"] for answer in answers] == ["max-age=60, private"] * 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ product(id: "P0001") { name price { cents } } }', "max-age=60, public"),
        ('{ product(id: "P0001") { name stock { onHand } } }', "max-age=5, public"),
        ('{ customer(id: "C1007") { name balance { cents } } }', "max-age=10, private"),
        ('{ order(id: "O100001") { status } }', "no-store"),
    ],
)
def test_the_demo_s_graph_has_hints(query: str, expected: str) -> None:
    assert told(query, schema=demo_schema) == expected


def test_no_store_is_one_header() -> None:
    assert NO_STORE == ((b"cache-control", b"no-store"),)
