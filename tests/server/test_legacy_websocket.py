"""graphql-ws as subscriptions-transport-ws has it: off unless asked for, as strict as the other protocol."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from patchbay.server.transports import socket_connection
from tests.access.oidc import OidcIssuer
from tests.server import feeds
from tests.server.feeds import Served, Talk, serving

LEGACY = Subprotocol("graphql-ws")
MODERN = Subprotocol("graphql-transport-ws")
COUNT = "subscription { count(to: 3) }"
ENDLESS = "subscription { endless }"
KEEP_ALIVE = {"type": "ka"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


def on(
    folder: Path, issuer: OidcIssuer | None = None, **variables: str
) -> AbstractAsyncContextManager[Served]:
    """A server that speaks it; see `serving`."""
    return serving(folder, issuer, PATCHBAY_LEGACY_WEBSOCKET="true", **variables)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with on(tmp_path_factory.mktemp("legacy")) as served:
        yield served


@pytest.fixture
def legacy(running: Served) -> Served:
    """A server that all tests share, which has done nothing yet."""
    running.seen = feeds.seen = feeds.Seen()
    return running


@asynccontextmanager
async def opened(served: Served, headers: Mapping[str, str] | None = None) -> AsyncIterator[Talk]:
    """A socket whose client has said nothing yet."""
    async with served.opened(headers, subprotocols=[LEGACY]) as connection:
        assert connection.subprotocol == LEGACY
        yield Talk(connection)


@asynccontextmanager
async def initialised(served: Served) -> AsyncIterator[Talk]:
    async with opened(served) as talk:
        await talk.say({"type": "connection_init"})
        assert [await talk.hear(), await talk.hear()] == [{"type": "connection_ack"}, KEEP_ALIVE]
        yield talk


async def start(talk: Talk, id: str, query: str, **members: Any) -> None:
    await talk.say({"id": id, "type": "start", "payload": {"query": query, **members}})


async def stop(talk: Talk, id: str) -> None:
    await talk.say({"id": id, "type": "stop"})


async def hear_nothing_of(talk: Talk, id: str) -> None:
    """Another operation is run and completed, and nothing of this one is told before."""
    await asyncio.sleep(0.1)
    await start(talk, "other", "{ one }")
    while (message := await talk.hear()) != {"type": "complete", "id": "other"}:
        assert message.get("id") != id, message


async def rest(talk: Talk) -> tuple[list[Any], int, str]:
    """What is told until the server closes, and the code and reason of its close frame."""
    heard = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(await talk.hear())
    frame = talk.connection.protocol.close_rcvd
    assert frame is not None
    return heard, frame.code, frame.reason


async def refusal(talk: Talk) -> tuple[int, str]:
    """Code and reason of a close frame, and the same reason stands in a message before it."""
    heard, code, reason = await rest(talk)
    assert heard[-1] == {"type": "connection_error", "payload": {"message": reason}}
    return code, reason


# ------------------------------------------------------------------------------------------- which is spoken


async def test_it_is_off_unless_asked_for(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.opened(subprotocols=[LEGACY]) as connection:
        told = await rest(Talk(connection))
    assert told == ([], 4406, "Subprotocol not acceptable: speak graphql-transport-ws")


async def test_where_it_is_on_the_newer_one_is_spoken_with_whoever_knows_it(legacy: Served) -> None:
    for offered in ([LEGACY, MODERN], [MODERN, LEGACY]):
        async with legacy.opened(subprotocols=offered) as connection:
            assert connection.subprotocol == MODERN
            talk = Talk(connection)
            await talk.say({"type": "connection_init"})
            await talk.ask("1", "{ one }")
            heard = [await talk.hear() for _ in range(3)]
            assert [message["type"] for message in heard] == ["connection_ack", "next", "complete"]
    for strange in (None, ["graphql"]):
        async with legacy.opened(subprotocols=strange) as connection:
            _, code, reason = await rest(Talk(connection))
        assert code == 4406
        assert reason.endswith("speak graphql-transport-ws or graphql-ws")


async def test_a_foreign_page_may_not_connect(legacy: Served) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with opened(legacy, {"Origin": "https://evil.example"}):
            pass
    assert caught.value.response.status_code == 403


# ------------------------------------------------------------------------------------------------ operations


async def test_operations_of_all_kinds_run_at_once_each_under_its_id(legacy: Served) -> None:
    legacy.seen.gate.set()
    async with initialised(legacy) as talk:
        query = "query A { one } query Q($n: Int!) { parts(number: $n) { number } }"
        await start(talk, "q", query, variables={"n": 2}, operationName="Q", extensions={"any": 1})
        await start(talk, "m", "mutation { write }")
        await start(talk, "s", COUNT)
        heard: dict[str, list[Any]] = {"q": [], "m": [], "s": []}
        for _ in range(8):
            message = await talk.hear()
            assert message["type"] == ("data" if "payload" in message else "complete")
            heard[message["id"]].append(message.get("payload"))
    assert heard == {
        "q": [{"data": {"parts": [{"number": 0}, {"number": 1}]}}, None],
        "m": [{"data": {"write": 1}}, None],
        "s": [{"data": {"count": 1}}, {"data": {"count": 2}}, {"data": {"count": 3}}, None],
    }


async def test_what_fails_while_it_runs_is_data_with_errors(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        for query, data in (("{ fails }", {"fails": None}), ("{ must }", None)):
            await start(talk, "1", query)
            message = await talk.hear()
            assert (message["type"], message["payload"]["data"]) == ("data", data)
            assert message["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
            assert await talk.hear() == {"type": "complete", "id": "1"}


async def test_what_cannot_run_is_one_error_and_nothing_follows_it(legacy: Served) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing never }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": "query A { one }", "operationName": "B"}, "BAD_REQUEST"),
        ({"query": "query A($n: Int!) { parts(number: $n) { number } }"}, "BAD_USER_INPUT"),
        ({"query": "{" + " ".join(f"a{n}: one" for n in range(60)) + "}"}, "OPERATION_LIMIT_EXCEEDED"),
        ({"query": None, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
         "PERSISTED_QUERY_NOT_FOUND"),
    ]  # fmt: skip
    async with initialised(legacy) as talk:
        for payload, code in cases:
            await talk.say({"id": "1", "type": "start", "payload": payload})
            message = await talk.hear()
            assert (message["type"], message["id"]) == ("error", "1"), payload
            assert message["payload"]["message"]
            assert message["payload"]["extensions"]["code"] == code, payload
        await hear_nothing_of(talk, "1")


async def test_a_stop_completes_what_runs_and_passes_over_what_does_not(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        for query in (ENDLESS, "{ slow }"):
            await start(talk, "1", query)
            if query == ENDLESS:
                assert (await talk.hear())["payload"] == {"data": {"endless": 1}}
            await stop(talk, "1")
            assert await talk.hear() == {"type": "complete", "id": "1"}
            await stop(talk, "1")
            await stop(talk, "nothing")
            legacy.seen.gate.set()
            await hear_nothing_of(talk, "1")
        assert legacy.seen.open == 0
        await start(talk, "1", COUNT)
        assert [(await talk.hear())["type"] for _ in range(4)] == ["data", "data", "data", "complete"]


async def test_a_second_start_with_an_id_takes_the_place_of_the_first(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        await start(talk, "1", ENDLESS)
        assert (await talk.hear())["payload"] == {"data": {"endless": 1}}
        await start(talk, "1", "{ slow }")
        await start(talk, "1", COUNT)
        legacy.seen.gate.set()
        heard = [await talk.hear() for _ in range(4)]
        assert [message.get("payload") for message in heard] == [
            *({"data": {"count": number}} for number in (1, 2, 3)),
            None,
        ]
        await hear_nothing_of(talk, "1")
        assert legacy.seen.open == 0
    assert legacy.state.door.under_way == 0


async def test_starting_at_once_again_under_the_same_id_completes_the_second_only(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        for _ in range(50):
            await start(talk, "1", ENDLESS)
            await start(talk, "1", "{ one }")
            message = await talk.hear()
            if message["payload"] == {"data": {"endless": 1}}:
                message = await talk.hear()
            assert message["payload"] == {"data": {"one": 1}}
            assert await talk.hear() == {"type": "complete", "id": "1"}
    await legacy.until_open(0)


async def test_a_mutation_goes_on_when_its_client_has_stopped_it(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        await start(talk, "1", "mutation { write }")
        await asyncio.sleep(0.05)
        await stop(talk, "1")
        assert await talk.hear() == {"type": "complete", "id": "1"}
        legacy.seen.gate.set()
        await hear_nothing_of(talk, "1")
    assert legacy.seen.written == 1


async def test_a_client_that_says_goodbye_is_closed_with_1000(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        await start(talk, "1", ENDLESS)
        await talk.hear()
        await talk.say({"type": "connection_terminate", "payload": None})
        assert await rest(talk) == ([], 1000, "")
    await legacy.until_open(0)


# -------------------------------------------------------------------------------------- the start, and bounds


async def test_keep_alives_go_on_behind_the_acknowledgement(
    legacy: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "HEARTBEAT_SECONDS", 0.05)
    async with opened(legacy) as talk:
        await asyncio.sleep(0.15)
        await talk.say({"type": "connection_init", "payload": {"any": [1]}})
        assert [await talk.hear() for _ in range(4)] == [{"type": "connection_ack"}, *[KEEP_ALIVE] * 3]


async def test_an_operation_before_the_start_is_not_run_and_ends_the_connection(legacy: Served) -> None:
    async with opened(legacy) as talk:
        await start(talk, "1", ENDLESS)
        assert await refusal(talk) == (4401, "Unauthorized")
    assert legacy.seen.open == 0


async def test_a_second_init_ends_the_connection(legacy: Served) -> None:
    async with initialised(legacy) as talk:
        await talk.say({"type": "connection_init"})
        assert await refusal(talk) == (4429, "Too many initialisation requests")


async def test_a_client_that_never_starts_is_closed(legacy: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_connection, "INIT_SECONDS", 0.1)
    async with opened(legacy) as talk:
        await stop(talk, "1")
        assert await refusal(talk) == (4408, "Connection initialisation timeout")


async def test_one_operation_too_many_is_refused_but_not_one_that_takes_another_s_place(
    tmp_path: Path,
) -> None:
    async with on(tmp_path, PATCHBAY_MAX_SUBSCRIPTIONS="2") as served, initialised(served) as talk:
        for id in "12":
            await start(talk, id, ENDLESS)
            assert (await talk.hear())["type"] == "data"
        await start(talk, "more", "{ one }")
        message = await talk.hear()
        assert (message["type"], message["id"]) == ("error", "more")
        assert message["payload"]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        await start(talk, "1", "{ one }")
        assert (await talk.hear())["payload"] == {"data": {"one": 1}}
        assert served.seen.open == 1


async def test_a_client_that_does_not_read_holds_up_what_it_is_told(
    legacy: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "HEARTBEAT_SECONDS", 0.001)
    async with legacy.opened(subprotocols=[LEGACY], compression=None, max_queue=1) as connection:
        talk = Talk(connection)
        await talk.say({"type": "connection_init"})
        await start(talk, "1", "subscription { flood }")
        before = -1
        while legacy.seen.told > before:
            before = legacy.seen.told
            await asyncio.sleep(0.2)
        assert 1 <= before < 200
        connection.transport.abort()
    await legacy.until_open(0)


# -------------------------------------------------------------------------------------------------- identity


async def test_a_token_in_the_first_message_or_in_a_header_opens_the_connection(tmp_path: Path) -> None:
    async with OidcIssuer() as issuer, on(tmp_path, issuer) as served:
        bearer = {"Authorization": f"Bearer {issuer.token()}"}
        for headers, payload in ((bearer, None), ({}, bearer)):
            async with opened(served, headers) as talk:
                await talk.say({"type": "connection_init", "payload": payload})
                # npm's client does not wait for the acknowledgement.
                await start(talk, "1", "{ one }")
                heard = [(await talk.hear())["type"] for _ in range(4)]
                assert heard == ["connection_ack", "ka", "data", "complete"]


async def test_what_a_client_may_not_ask_for_is_an_error(tmp_path: Path) -> None:
    async with on(tmp_path, PATCHBAY_INTROSPECTION="nobody") as served, initialised(served) as talk:
        await start(talk, "1", "{ __schema { queryType { name } } }")
        message = await talk.hear()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"]["extensions"]["code"] == "INTROSPECTION_DENIED"
        await hear_nothing_of(talk, "1")


async def test_wrong_and_missing_credentials_are_told_and_nothing_is_run(tmp_path: Path) -> None:
    async with OidcIssuer() as issuer, on(tmp_path, issuer) as served:
        stale = issuer.token(exp=int(time.time()) - 120)
        proofs = [None, {}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {stale}"}]
        for payload in proofs:
            async with opened(served) as talk:
                await talk.say({"type": "connection_init", "payload": payload})
                await start(talk, "1", ENDLESS)
                code, reason = await refusal(talk)
            assert code == 4401
            assert " " in reason
            assert "nonsense" not in reason
        assert served.seen.open == 0


async def test_a_connection_ends_with_its_token_and_so_does_all_on_it(tmp_path: Path) -> None:
    async with OidcIssuer() as issuer, on(tmp_path, issuer) as served:
        token = issuer.token(exp=int(time.time()) + 2)
        async with opened(served) as talk:
            await talk.say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
            await start(talk, "1", ENDLESS)
            await start(talk, "2", "{ slow }")
            assert await refusal(talk) == (4401, "token expired")
        await served.until_open(0)
        assert served.state.door.under_way == 0


# --------------------------------------------------------------------------------------------------- the end


async def test_a_stop_of_the_server_completes_subscriptions_and_waits_for_answers(tmp_path: Path) -> None:
    async with on(tmp_path) as legacy, initialised(legacy) as talk:
        await start(talk, "s", ENDLESS)
        assert (await talk.hear())["type"] == "data"
        await start(talk, "q", "{ slow }")
        await asyncio.sleep(0.05)
        stopping = asyncio.create_task(legacy.state.close_sockets(3))
        assert await talk.hear() == {"type": "complete", "id": "s"}
        await start(talk, "late", "{ one }")
        message = await talk.hear()
        assert (message["type"], message["id"]) == ("error", "late")
        assert message["payload"]["extensions"]["code"] == "SERVER_BUSY"
        legacy.seen.gate.set()
        assert await rest(talk) == (
            [
                {"type": "data", "id": "q", "payload": {"data": {"slow": 1}}},
                {"type": "complete", "id": "q"},
            ],
            1001,
            "the server stops",
        )
        await asyncio.wait_for(stopping, 1)


# ----------------------------------------------------------------------------------------- what is no message

MALFORMED: list[tuple[str | bytes, str]] = [
    ("{", "JSON"),
    ("", "JSON"),
    ("[" * 5000, "JSON"),
    ('{"type":"start","id":"1","payload":{"query":"{ one }","variables":{"a":NaN}}}', "JSON"),
    ("[1]", "object"),
    ("null", "object"),
    ("{}", "'type'"),
    ('{"type":5}', "'type'"),
    ('{"type":"nothing"}', "start, stop, connection_terminate"),
    ('{"type":"subscribe","id":"1","payload":{"query":"{ one }"}}', "start, stop"),
    ('{"type":"ping"}', "start, stop"),
    ('{"type":"complete","id":"1"}', "start, stop"),
    ('{"type":"connection_error"}', "start, stop"),
    ('{"type":"connection_init","payload":[]}', "'payload'"),
    ('{"type":"connection_terminate","payload":5}', "'payload'"),
    ('{"type":"stop"}', "'id'"),
    ('{"type":"stop","id":null}', "'id'"),
    ('{"type":"start","payload":{"query":"{ one }"}}', "'id'"),
    ('{"type":"start","id":"","payload":{"query":"{ one }"}}', "'id'"),
    ('{"type":"start","id":1,"payload":{"query":"{ one }"}}', "'id'"),
    ('{"type":"start","id":"1"}', "'start' has a 'payload'"),
    ('{"type":"start","id":"1","payload":"{ one }"}', "'payload'"),
    ('{"type":"start","id":"1","payload":{}}', "'query'"),
    ('{"type":"start","id":"1","payload":{"query":{"kind":"Document"}}}', "query"),
    ('{"type":"start","id":"1","payload":{"query":"{ one }","variables":[]}}', "variables"),
    ('{"type":"start","id":"1","payload":{"query":"{ one }","operationName":5}}', "operationName"),
    (b'{"type":"stop","id":"1"}', "binary"),
]


@pytest.mark.parametrize(("message", "reason"), MALFORMED)
async def test_what_is_no_message_is_told_and_ends_the_connection(
    legacy: Served, message: str | bytes, reason: str
) -> None:
    async with initialised(legacy) as talk:
        await talk.say(message)
        code, told = await refusal(talk)
    assert (code, reason in told) == (4400, True), told


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["connection_init", "start", "start", "stop", "connection_terminate", "ka", "ping"])
QUERIES = st.sampled_from(["{ one }", COUNT, ENDLESS, "{ slow }", "{ must }", "mutation { write }", "{", ""])
PAYLOADS = st.fixed_dictionaries(
    {"query": QUERIES}, optional={"variables": ANY, "operationName": ANY, "extensions": ANY}
)
MESSAGES = st.fixed_dictionaries(
    {"type": TYPES | ANY},
    optional={"id": st.sampled_from(["1", "2"]) | ANY, "payload": PAYLOADS | st.none() | ANY},
)
WIRE = MESSAGES.map(json.dumps) | st.text(max_size=20) | st.binary(max_size=20)
CODES = {1000, 4400, 4401, 4429}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(is_initialised=st.booleans(), messages=st.lists(WIRE, min_size=1, max_size=6))
async def test_whatever_is_said_is_answered_or_closed_with_a_code_and_the_server_goes_on(
    legacy: Served, *, is_initialised: bool, messages: list[str | bytes]
) -> None:
    legacy.seen.gate.set()
    async with opened(legacy) as talk:
        first = [{"type": "connection_init"}] if is_initialised else []
        last = {"type": "start", "id": "last", "payload": {"query": "{ one }"}}
        with suppress(ConnectionClosed):
            for message in (*first, *messages, last):
                await talk.say(message)
        try:
            while (heard := await talk.hear()) != {"type": "complete", "id": "last"}:
                told = ("connection_ack", "ka", "data", "error", "complete", "connection_error")
                assert heard["type"] in told
        except ConnectionClosed:
            frame = talk.connection.protocol.close_rcvd
            assert frame is not None
            assert frame.code in CODES
    await legacy.until_open(0)


# -------------------------------------------------------------------------------------------------- a client


async def test_python_s_gql_is_served(legacy: Served) -> None:
    transport = WebsocketsTransport(url=legacy.url.replace("http", "ws"), subprotocols=[LEGACY])
    async with Client(transport=transport) as session:
        assert await session.execute(gql("{ one }")) == {"one": 1}
        assert [each async for each in session.subscribe(gql(COUNT))] == [{"count": n} for n in (1, 2, 3)]
        async for result in session.subscribe(gql(ENDLESS)):
            assert result == {"endless": 1}
            break
    await legacy.until_open(0)
