"""Graphs of real upstreams by their descriptions: localstripe by Stripe's, Kinto by its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from patchbay.importing.build import Part, build_graph
from patchbay.importing.compile import REST, Description, compile_description, compile_offline
from patchbay.importing.model import Selection
from patchbay.importing.rest import ImportedRest
from tests.importing.rest.making import opened
from tests.importing.rest.servers.running import running
from tests.importing.specs import needs_specs, openapi


@dataclass
class Graph:
    """A graph of one upstream."""

    upstream: ImportedRest
    schema: Any

    async def ask(self, query: str, **variables: Any) -> Any:
        """Its data. Raises the first error."""
        result = await self.schema.execute(query, variable_values=variables)
        if result.errors:
            raise result.errors[0]
        return result.data

    async def fail(self, query: str, **variables: Any) -> Any:
        """The extensions of its only error."""
        result = await self.schema.execute(query, variable_values=variables)
        (error,) = result.errors
        return error.extensions


@asynccontextmanager
async def graph_of(model: Any, origin: str | None = None, **values: str) -> AsyncIterator[Graph]:
    async with opened(ImportedRest(model, trusted_origin=origin), **values) as upstream:
        yield Graph(upstream, build_graph([Part(model, upstream)]).schema)


@pytest.fixture(scope="module")
def localstripe() -> Iterator[str]:
    with running("run_localstripe", "/v1/customers") as url:
        yield url


@pytest.fixture(scope="module")
def kinto() -> Iterator[str]:
    with running("run_kinto", "/v1/__lbheartbeat__") as url:
        yield url


CUSTOMER = """mutation Create($input: CreateCustomerInput) {
  createCustomer(input: $input) { id email description }
}"""
PAGE = """query Page($first: Int, $after: String) {
  customers(first: $first, after: $after) {
    edges { cursor node { id email } } pageInfo { hasNextPage endCursor } }
}"""


@needs_specs
async def test_stripes_description_in_front_of_localstripe(localstripe: str) -> None:
    selection = Selection(include=("*Customers", "*CustomersCustomer", "*Plans"))
    described = Description("stripe", REST, str(openapi("apis-guru-npm/stripe.com.json")), selection)
    model = compile_offline(described)
    async with graph_of(model, STRIPE_URL=localstripe, STRIPE_TOKEN="sk_test_12345") as graph:
        made = []
        for number in range(5):
            given = {"email": f"c{number}@example.org", "metadata": [{"key": "n", "value": str(number)}]}
            created = (await graph.ask(CUSTOMER, input=given))["createCustomer"]
            assert created["email"] == f"c{number}@example.org"
            made.append(created["id"])

        found, after = [], None
        while True:
            page = (await graph.ask(PAGE, first=2, after=after))["customers"]
            found += [edge["node"]["id"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert sorted(found) == sorted(made)

        one = await graph.ask(
            "query One($id: String!) { customer(customer: $id) { __typename } }", id=made[0]
        )
        assert one["customer"]["__typename"] == "Customer"
        missing = await graph.ask('{ customer(customer: "cus_none") { __typename } }')
        assert missing == {"customer": None}

        told = await graph.fail(
            CUSTOMER, input={"email": "x", "address": {"city": "y"}, "source": "tok_none"}
        )
        assert told["code"] == "UPSTREAM_REFUSED"
        assert 400 <= told["status"] < 500
        assert told["detail"]["error"]["type"] == "invalid_request_error"

    async with graph_of(model, STRIPE_URL=localstripe) as graph:
        told = await graph.fail(PAGE, first=2)
        assert told == {"code": "UPSTREAM_REFUSED", "source": "stripe", "status": 401}


BUCKET = """mutation { updateBucket(id: "shop", input: {permissions: {read: ["system.Everyone"]}}) {
  permissions { read }
} }"""
COLLECTION = (
    """mutation { updateCollection(bucketId: "shop", id: "orders", input: {}) { data { __typename } } }"""
)
RECORD = """mutation Put($data: JSON, $ifNoneMatch: String) {
  createRecord(bucketId: "shop", collectionId: "orders", input: {data: $data}, ifNoneMatch: $ifNoneMatch) {
    data permissions { write }
  }
}"""
RECORDS = """query Read($sort: [String!], $since: BigInt) {
  records(bucketId: "shop", collectionId: "orders", sort: $sort, since: $since) { data }
}"""


async def test_kintos_own_description_in_front_of_kinto(kinto: str) -> None:
    described = Description("kinto", REST, f"{kinto}/v1/__api__")
    compiled = await compile_description(described)
    home = described.origin
    user = {"KINTO_USER": "ada", "KINTO_PASSWORD": "secret"}
    async with graph_of(compiled.model, home, **user) as graph:
        made = await graph.ask(BUCKET)
        assert made["updateBucket"]["permissions"]["read"] == ["system.Everyone"]
        await graph.ask(COLLECTION)
        put = [(await graph.ask(RECORD, data={"total": total}))["createRecord"] for total in (3, 1, 2)]
        assert [each["data"]["total"] for each in put] == [3, 1, 2]
        record = put[-1]["data"]
        found = await graph.ask(RECORDS, sort=["-total"])
        assert [each["total"] for each in found["records"]["data"]] == [3, 2, 1]
        found = await graph.ask(RECORDS, since=str(record["last_modified"] - 1))
        assert [each["total"] for each in found["records"]["data"]] == [2]

        one = """query($id: String!) { record(bucketId: "shop", collectionId: "orders", id: $id) { data } }"""
        assert (await graph.ask(one, id=record["id"]))["record"]["data"] == record
        assert await graph.ask(one, id="00000000-0000-4000-8000-000000000000") == {"record": None}
        assert await graph.ask(one, id="..") == {"record": None}

        told = await graph.fail(RECORD, data={}, ifNoneMatch="nonsense")
        assert (told["code"], told["status"]) == ("UPSTREAM_REFUSED", 400)
        assert told["detail"]["errno"] == 107
        assert "If-None-Match" in told["detail"]["message"]

    async with graph_of(compiled.model, home) as graph:
        told = await graph.fail(COLLECTION)
        assert told == {"code": "UPSTREAM_REFUSED", "source": "kinto", "status": 401}
