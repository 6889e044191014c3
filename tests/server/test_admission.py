"""What stands before an operation, over HTTP: each guard, and what a refusal looks like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from patchbay.errors import ConfigurationError
from patchbay.server import Settings, create_app
from tests.server.things import Running, named, running, schema, things

PATH = "/graphql"
HELLO = "{ __typename }"
HASH = sha256(HELLO.encode()).hexdigest()
APQ = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}
GET = {"GraphQL-Require-Preflight": "1"}
THING = 'query Named { thing(id: "1") { name } }'
STRICT = {"Accept": "application/graphql-response+json"}


@asynccontextmanager
async def client_of(folder: Path, **variables: str) -> AsyncIterator[tuple[httpx2.AsyncClient, Running]]:
    async with (
        running(named, folder, **variables) as server,
        httpx2.AsyncClient(base_url=server.url.removesuffix(PATH), trust_env=False) as client,
    ):
        yield client, server


async def post(client: httpx2.AsyncClient, body: Any, **headers: str) -> tuple[int, Any]:
    response = await client.post(PATH, json=body, headers=headers)
    return response.status_code, response.json()


def code(answer: Any) -> str:
    (error,) = answer["errors"]
    assert "data" not in answer
    found: str = error["extensions"]["code"]
    return found


# --------------------------------------------------------------------------------------------------- batches


async def test_batches_are_refused_unless_they_are_asked_for(tmp_path: Path) -> None:
    async with client_of(tmp_path) as (client, server):
        status, answer = await post(client, [{"query": THING}])
        assert (status, code(answer)) == (400, "BAD_REQUEST")
        assert server.wire.requests == []


async def test_a_batch_is_answered_in_its_order_and_what_is_wrong_in_it_hurts_nobody_else(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path, PATCHBAY_MAX_BATCH="4") as (client, _):
        batch = [
            {"query": THING},
            {"query": "{ nothing }"},
            {"query": "subscription { ticks { number } }"},
            7,
        ]
        status, answers = await post(client, batch)
        assert status == 200
        assert answers[0] == {"data": {"thing": {"name": "thing 1"}}}
        assert [code(each) for each in answers[1:]] == [
            "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST", "BAD_REQUEST",
        ]  # fmt: skip
        for wrong in ([], [{"query": HELLO}] * 5):
            status, answer = await post(client, wrong)
            assert (status, code(answer)) == (400, "BAD_REQUEST")


async def test_each_of_a_batch_counts(tmp_path: Path) -> None:
    limits = {"PATCHBAY_MAX_BATCH": "20", "PATCHBAY_RATE_PER_ADDRESS": "1"}
    async with client_of(tmp_path, **limits) as (client, _):
        _, answers = await post(client, [{"query": HELLO}] * 20)
        refused = [each for each in answers if "errors" in each]
        assert 10 < len(refused) < 20
        assert {code(each) for each in refused} == {"RATE_LIMITED"}


# ----------------------------------------------------------------------------------------- trusted documents


async def test_a_text_is_sent_once_and_named_by_its_hash_from_then_on(tmp_path: Path) -> None:
    async with client_of(tmp_path) as (client, _):
        status, answer = await post(client, {"extensions": APQ}, Accept="application/json")
        assert (status, code(answer)) == (200, "PERSISTED_QUERY_NOT_FOUND")
        assert await post(client, {"query": HELLO, "extensions": APQ}) == (
            200,
            {"data": {"__typename": "Query"}},
        )
        assert await post(client, {"extensions": APQ}) == (200, {"data": {"__typename": "Query"}})
        named_by_get = await client.get(PATH, params={"extensions": json.dumps(APQ)}, headers=GET)
        assert named_by_get.json() == {"data": {"__typename": "Query"}}


async def test_what_cannot_run_is_not_kept(tmp_path: Path) -> None:
    wrong = "{ nothing }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(wrong.encode()).hexdigest()}}
    async with client_of(tmp_path) as (client, _):
        assert code((await post(client, {"query": wrong, "extensions": extensions}))[1]) == (
            "GRAPHQL_VALIDATION_FAILED"
        )
        assert code((await post(client, {"extensions": extensions}))[1]) == "PERSISTED_QUERY_NOT_FOUND"


async def test_only_trusted_documents_run_where_that_is_wanted(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"named": THING}))
    settings = {"PATCHBAY_TRUSTED_DOCUMENTS": str(manifest), "PATCHBAY_TRUSTED_ONLY": "true"}
    async with client_of(tmp_path, **settings) as (client, server):
        for body in ({"query": HELLO}, {"documentId": "other"}, {"query": HELLO, "extensions": APQ}):
            status, answer = await post(client, body)
            assert (status, code(answer)) == (403, "DOCUMENT_NOT_TRUSTED")
        assert server.wire.requests == []
        whole = {"data": {"thing": {"name": "thing 1"}}}
        for body in ({"documentId": "named"}, {"doc_id": "named"}, {"query": THING}):
            assert await post(client, body) == (200, whole)
        assert await post(client, {"documentId": "named", "operationName": "Named"}) == (200, whole)


async def test_a_trusted_document_may_pass_the_limits_of_others(tmp_path: Path) -> None:
    many = "{ " + " ".join(f"a{number}: __typename" for number in range(60)) + " }"
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"many": many}))
    async with client_of(tmp_path, PATCHBAY_TRUSTED_DOCUMENTS=str(manifest)) as (client, _):
        assert len((await post(client, {"documentId": "many"}))[1]["data"]) == 60
        assert code((await post(client, {"query": many + " "}))[1]) == "OPERATION_LIMIT_EXCEEDED"


async def test_limits_are_those_of_the_settings_on_streams_too(tmp_path: Path) -> None:
    many = " ".join(f"a{number}: number" for number in range(60))
    body = {"query": f"subscription {{ ticks(number: 1) {{ {many} }} }}"}
    events = {"Accept": "text/event-stream"}
    async with client_of(tmp_path, PATCHBAY_MAX_ALIASES="60") as (client, _):
        told = (await client.post(PATH, json=body, headers=events)).text
        assert "OPERATION_LIMIT_EXCEEDED" not in told
        assert '"a59":1' in told
    async with client_of(tmp_path, PATCHBAY_MAX_ALIASES="59") as (client, _):
        assert "OPERATION_LIMIT_EXCEEDED" in (await client.post(PATH, json=body, headers=events)).text


@pytest.mark.parametrize(
    ("manifest", "told"),
    [(None, "PATCHBAY_TRUSTED_DOCUMENTS is not"), ({"a": "{ nothing }"}, "nothing"), ({"a": "{"}, "a")],
)
def test_a_manifest_that_cannot_serve_stops_the_start(tmp_path: Path, manifest: Any, told: str) -> None:
    variables = {"PATCHBAY_TRUSTED_ONLY": "true", "PATCHBAY_DATABASE": str(tmp_path / "inbox.sqlite3")}
    if manifest is not None:
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest))
        variables["PATCHBAY_TRUSTED_DOCUMENTS"] = str(path)
    with pytest.raises(ConfigurationError, match=told):
        create_app(
            upstreams=(things,),
            schema=schema,
            settings=Settings.read(variables),
            environment={"THINGS_URL": "http://127.0.0.1:1"},
        )


# ------------------------------------------------------------------------------- the schema, and who sees it


async def test_the_schema_is_for_whom_it_is_meant(tmp_path: Path) -> None:
    asks = "query { ...a } fragment a on Query { __schema { queryType { name } } }"
    async with client_of(tmp_path, PATCHBAY_INTROSPECTION="nobody") as (client, _):
        status, answer = await post(client, {"query": asks})
        assert (status, code(answer)) == (403, "INTROSPECTION_DENIED")
        assert (await post(client, {"query": HELLO}))[0] == 200
        # Nor do errors name what is there.
        _, answer = await post(client, {"query": "{ thin }"})
        assert "thing" not in json.dumps(answer)
    async with client_of(tmp_path) as (client, _):
        assert (await post(client, {"query": asks}))[0] == 200
        assert "thing" in (await post(client, {"query": "{ thin }"}))[1]["errors"][0]["message"]


async def test_graphiql_is_for_whom_it_is_meant(tmp_path: Path) -> None:
    async with client_of(tmp_path, PATCHBAY_GRAPHIQL="nobody") as (client, _):
        assert (await client.get(PATH, headers={"Accept": "text/html"})).status_code == 404
    identities = {
        "PATCHBAY_API_KEYS": "true",
        "PATCHBAY_GRAPHIQL": "authenticated",
        "PATCHBAY_ANONYMOUS": "true",
    }
    async with client_of(tmp_path, **identities) as (client, _):
        response = await client.get(PATH, headers={"Accept": "text/html"})
        assert response.status_code == 403
        assert code(response.json()) == "FORBIDDEN"


# -------------------------------------------------------------------------------------------- rates and cost


async def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with client_of(tmp_path, PATCHBAY_RATE_PER_ADDRESS="2") as (client, server):
        answers = [await client.post(PATH, json={"query": THING}) for _ in range(12)]
        refused = [each for each in answers if each.status_code == 429]
        assert 4 <= len(refused) <= 7
        assert int(refused[0].headers["retry-after"]) >= 1
        assert code(refused[0].json()) == "RATE_LIMITED"
        assert len(server.wire.requests) == 12 - len(refused)


async def test_who_shares_an_answer_counts_as_well(tmp_path: Path) -> None:
    async with client_of(tmp_path, PATCHBAY_RATE_PER_ADDRESS="2") as (client, server):
        statuses = [
            status for status, _ in await asyncio.gather(*(post(client, {"query": THING}) for _ in range(12)))
        ]
        assert statuses.count(429) >= 4
        assert len(server.wire.requests) < 12 - statuses.count(429)


async def test_a_malformed_request_counts_once(tmp_path: Path) -> None:
    async with client_of(tmp_path, PATCHBAY_RATE_PER_ADDRESS="2") as (client, _):
        statuses = [(await client.post(PATH, json={"query": 7})).status_code for _ in range(6)]
        assert statuses == [400] * 6


async def test_who_guesses_credentials_is_slowed_down(tmp_path: Path) -> None:
    settings = {"PATCHBAY_API_KEYS": "true", "PATCHBAY_RATE_PER_ADDRESS": "2"}
    async with client_of(tmp_path, **settings) as (client, _):
        guess = {"Authorization": "Bearer pbk_x_y"}
        statuses = [
            (await client.post(PATH, json={"query": HELLO}, headers=guess)).status_code for _ in range(12)
        ]
        assert statuses[0] == 401
        assert statuses.count(429) >= 4


async def test_what_costs_too_much_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    async with client_of(tmp_path, PATCHBAY_MAX_UPSTREAM_CALLS="1") as (client, server):
        query = '{ a: thing(id: "1") { name } b: thing(id: "2") { name } }'
        status, answer = await post(client, {"query": query}, **STRICT)
        assert (status, code(answer)) == (400, "COST_LIMIT_EXCEEDED")
        assert answer["errors"][0]["extensions"]["cost"]["upstreamCalls"] == {"estimated": 2, "made": 0}
        assert server.wire.requests == []


async def test_the_cost_is_told_to_who_asks(tmp_path: Path) -> None:
    async with client_of(tmp_path) as (client, _):
        assert "extensions" not in (await post(client, {"query": THING}))[1]
        _, answer = await post(client, {"query": THING}, **{"Patchbay-Cost": "1"})
        cost = answer["extensions"]["cost"]
        assert cost["estimated"] >= cost["actual"] >= 1
        assert cost["upstreamCalls"] == {"estimated": 1, "made": 1}


async def test_a_budget_is_spent_and_told(tmp_path: Path) -> None:
    async with client_of(tmp_path, PATCHBAY_COST_PER_MINUTE="3") as (client, _):
        _, answer = await post(client, {"query": THING})
        assert answer["extensions"]["cost"]["budget"]["perMinute"] == 3
        answers = [await post(client, {"query": THING}) for _ in range(4)]
        assert [(status, code(answer)) for status, answer in answers[-1:]] == [(429, "COST_BUDGET_EXCEEDED")]


# ---------------------------------------------------------------------------------------------- what is told


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query($a: Float!) { stale(age: $a) }"])
async def test_a_document_that_cannot_run_has_no_data_and_the_status_that_its_type_has(
    tmp_path: Path, query: str
) -> None:
    async with client_of(tmp_path) as (client, _):
        for accept, expected in (
            ("application/json", 200),
            ("application/graphql-response+json", 400),
            ("application/graphql-response+json, application/json", 400),
            ("*/*", 400),
        ):
            response = await client.post(PATH, json={"query": query}, headers={"Accept": accept})
            assert (response.status_code, list(response.json())) == (expected, ["errors"])


async def test_limits_are_a_400_for_everybody(tmp_path: Path) -> None:
    query = "{ " + "a: __typename " * 200 + "}"
    async with client_of(tmp_path) as (client, _):
        status, answer = await post(client, {"query": query}, Accept="application/json")
        assert (status, code(answer)) == (400, "OPERATION_LIMIT_EXCEEDED")
