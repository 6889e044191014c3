"""graphql-transport-ws as its text has it: messages, close codes, races, bounds, and who may speak."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import InvalidStatus

from patchbay.server.transports import socket_connection
from tests.access.oidc import OidcIssuer
from tests.server.feeds import BIG, Served, Talk, serving

COUNT = "subscription { count(to: 3) }"
ENDLESS = "subscription { endless }"


async def closed(talk: Talk) -> tuple[int, str]:
    """Code and reason of the server's close frame, whatever it says before."""
    async with asyncio.timeout(5):
        await talk.connection.wait_closed()
    frame = talk.connection.protocol.close_rcvd
    assert frame is not None
    return frame.code, frame.reason


# -------------------------------------------------------------------------------------------------- messages


async def test_operations_of_all_kinds_run_at_once_each_under_its_id(served: Served) -> None:
    served.seen.gate.set()
    async with served.socket() as talk:
        await talk.ask("q", "query Q($n: Int!) { parts(number: $n) { number } }", variables={"n": 2})
        await talk.ask("m", "mutation { write }")
        await talk.ask("s", COUNT)
        heard: dict[str, list[Any]] = {"q": [], "m": [], "s": []}
        for _ in range(8):
            message = await talk.hear()
            heard[message.pop("id")].append(message.get("payload", message["type"]))
    assert heard == {
        "q": [{"data": {"parts": [{"number": 0}, {"number": 1}]}}, "complete"],
        "m": [{"data": {"write": 1}}, "complete"],
        "s": [{"data": {"count": 1}}, {"data": {"count": 2}}, {"data": {"count": 3}}, "complete"],
    }


async def test_what_fails_while_it_runs_is_a_next_with_errors(served: Served) -> None:
    async with served.socket() as talk:
        for query, data in (("{ fails }", {"fails": None}), ("{ must }", None)):
            await talk.ask("1", query)
            message = await talk.hear()
            assert (message["type"], message["payload"]["data"]) == ("next", data)
            assert [error["extensions"]["code"] for error in message["payload"]["errors"]] == [
                "BAD_USER_INPUT"
            ]
            assert await talk.hear() == {"type": "complete", "id": "1"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": "query A { one }", "operationName": "B"}, "BAD_REQUEST"),
        ({"query": "query A($n: Int!) { parts(number: $n) { number } }"}, "BAD_USER_INPUT"),
        ({"query": "subscription A($n: Int!) { count(to: $n) }", "variables": {"n": "x"}}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_run_is_an_error_and_no_complete_follows(
    served: Served, payload: dict[str, Any], code: str
) -> None:
    async with served.socket() as talk:
        await talk.say({"id": "1", "type": "subscribe", "payload": payload})
        message = await talk.hear()
        assert (message["type"], message["id"]) == ("error", "1")
        assert {error["extensions"]["code"] for error in message["payload"]} == {code}
        await talk.hear_nothing_of("1")
        # The id is free again.
        await talk.ask("1", "{ one }")
        assert (await talk.hear())["type"] == "next"


@pytest.mark.parametrize("payload", [None, {}, {"a": [1]}])
async def test_pings_come_back_with_their_payload_also_before_the_start(
    served: Served, payload: dict[str, Any] | None
) -> None:
    ping = {"type": "ping"} if payload is None else {"type": "ping", "payload": payload}
    async with served.opened() as connection:
        talk = Talk(connection)
        for message in ({"type": "pong"}, {"type": "pong", "payload": {"b": 1}}, ping):
            await talk.say(message)
        assert await talk.hear() == {**ping, "type": "pong"}


@pytest.mark.parametrize("payload", ["", ',"payload":null', ',"payload":{}', ',"payload":{"any":1}'])
async def test_connection_init_is_acknowledged_whatever_payload_it_has(served: Served, payload: str) -> None:
    async with served.opened() as connection:
        talk = Talk(connection)
        await talk.say('{"type":"connection_init"' + payload + "}")
        assert await talk.hear() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "JSON"),
        ("", "JSON"),
        ('{"type":"ping","payload":NaN}', "JSON"),
        ("[" * 5000, "JSON"),
        ("[1]", "object"),
        ('"x"', "object"),
        ("null", "object"),
        ("{}", "'type'"),
        ('{"type":5}', "'type'"),
        ('{"type":"nothing"}', "subscribe, complete"),
        ('{"type":"connection_ack"}', "subscribe, complete"),
        ('{"type":"next","id":"1"}', "subscribe, complete"),
        ('{"type":"ping","payload":5}', "'payload'"),
        ('{"type":"connection_init","payload":[]}', "'payload'"),
        ('{"type":"complete"}', "'id'"),
        ('{"type":"complete","id":null}', "'id'"),
        ('{"type":"subscribe","payload":{"query":"{ one }"}}', "'id'"),
        ('{"type":"subscribe","id":"","payload":{"query":"{ one }"}}', "'id'"),
        ('{"type":"subscribe","id":1,"payload":{"query":"{ one }"}}', "'id'"),
        ('{"type":"subscribe","id":"1"}', "'payload'"),
        ('{"type":"subscribe","id":"1","payload":null}', "'payload'"),
        ('{"type":"subscribe","id":"1","payload":"{ one }"}', "'payload'"),
        ('{"type":"subscribe","id":"1","payload":{}}', "'query'"),
        ('{"type":"subscribe","id":"1","payload":{"query":5}}', "query"),
        ('{"type":"subscribe","id":"1","payload":{"query":"{ one }","variables":[]}}', "variables"),
        ('{"type":"subscribe","id":"1","payload":{"query":"{ one }","operationName":5}}', "operationName"),
        (b'{"type":"ping"}', "binary"),
    ],
)
async def test_what_is_no_message_closes_with_4400_and_says_why(
    served: Served, message: str | bytes, reason: str
) -> None:
    async with served.socket() as talk:
        await talk.say(message)
        code, told = await closed(talk)
    assert (code, reason in told) == (4400, True), told


# ------------------------------------------------------------------------------------------------- the start


async def test_an_operation_before_the_start_closes_with_4401(served: Served) -> None:
    async with served.opened() as connection:
        talk = Talk(connection)
        await talk.ask("1", ENDLESS)
        assert await closed(talk) == (4401, "Unauthorized")
    assert served.seen.open == 0


async def test_a_client_that_never_starts_is_closed_with_4408(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "INIT_SECONDS", 0.1)
    async with served.opened() as connection:
        talk = Talk(connection)
        await talk.say({"type": "ping"})
        assert await closed(talk) == (4408, "Connection initialisation timeout")
    async with served.socket() as talk:
        await asyncio.sleep(0.2)
        await talk.hear_nothing_of("1")


async def test_a_second_start_closes_with_4429(served: Served) -> None:
    async with served.socket() as talk:
        await talk.say({"type": "connection_init"})
        assert await closed(talk) == (4429, "Too many initialisation requests")


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
async def test_another_subprotocol_closes_with_4406(served: Served, protocols: Any) -> None:
    async with served.opened(subprotocols=protocols) as connection:
        code, reason = await closed(Talk(connection))
    assert code == 4406
    assert reason.startswith("Subprotocol not acceptable")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
async def test_a_foreign_page_may_not_connect(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with served.opened({"Origin": origin}):
            pass
    assert caught.value.response.status_code == 403
    assert b"PREFLIGHT_REQUIRED" in (caught.value.response.body or b"")


async def test_pages_of_this_host_and_of_named_origins_may_connect(tmp_path: Path) -> None:
    async with serving(tmp_path, PATCHBAY_CORS_ORIGINS="https://app.example.com") as served:
        for origin in (f"http://127.0.0.1:{served.port}", "https://app.example.com"):
            async with served.socket(headers={"Origin": origin}) as talk:
                await talk.ask("1", "{ one }")
                assert (await talk.hear())["payload"] == {"data": {"one": 1}}


# ------------------------------------------------------------------------------------------------------- ids


@pytest.mark.parametrize("query", [ENDLESS, "{ slow }"])
async def test_an_id_that_is_taken_closes_with_4409(served: Served, query: str) -> None:
    async with served.socket() as talk:
        await talk.ask("a", query)
        await talk.ask("a", "{ one }")
        assert await closed(talk) == (4409, "Subscriber for a already exists")
    await served.until_open(0)


async def test_a_reason_fits_its_frame(served: Served) -> None:
    async with served.socket() as talk:
        await talk.ask("é" * 500, ENDLESS)
        await talk.ask("é" * 500, ENDLESS)
        code, reason = await closed(talk)
    assert code == 4409
    assert reason == "Subscriber for " + "é" * 54


@pytest.mark.parametrize("query", [ENDLESS, "{ slow }"])
async def test_nothing_is_told_of_what_the_client_has_completed(served: Served, query: str) -> None:
    async with served.socket() as talk:
        await talk.ask("1", query)
        await asyncio.sleep(0.05)
        await talk.say({"type": "complete", "id": "1"})
        await asyncio.sleep(0.05)
        served.seen.gate.set()
        assert served.seen.open == 0
        if query == ENDLESS:
            assert (await talk.hear())["payload"] == {"data": {"endless": 1}}
        await talk.hear_nothing_of("1")
        await talk.ask("1", COUNT)
        assert [(await talk.hear())["type"] for _ in range(4)] == ["next", "next", "next", "complete"]


async def test_completing_at_once_and_asking_again_under_the_same_id_tells_the_second_only(
    served: Served,
) -> None:
    async with served.socket() as talk:
        for _ in range(50):
            await talk.ask("1", COUNT)
            await talk.say({"type": "complete", "id": "1"})
            await talk.ask("1", "{ one }")
            while (message := await talk.hear())["type"] != "complete":
                if message["payload"] == {"data": {"one": 1}}:
                    break
            else:
                pytest.fail("the first was completed, and not by the client")
            assert await talk.hear() == {"type": "complete", "id": "1"}
    assert served.state.door.under_way == 0


async def test_completing_what_is_not_there_is_no_mistake(served: Served) -> None:
    async with served.socket() as talk:
        await talk.say({"type": "complete", "id": "nothing"})
        await talk.hear_nothing_of("nothing")


async def test_a_mutation_goes_on_when_its_client_has_left(served: Served) -> None:
    async with served.socket() as talk:
        await talk.ask("1", "mutation { write }")
        await asyncio.sleep(0.05)
    served.seen.gate.set()
    async with asyncio.timeout(2):
        while not served.seen.written:  # noqa: ASYNC110 - the graph tells nobody
            await asyncio.sleep(0.01)
    assert served.state.door.under_way == 0


# ---------------------------------------------------------------------------------------------------- bounds


async def test_one_operation_too_many_is_refused_and_the_socket_stays(tmp_path: Path) -> None:
    async with serving(tmp_path, PATCHBAY_MAX_SUBSCRIPTIONS="3") as served, served.socket() as talk:
        for each in range(3):
            await talk.ask(str(each), ENDLESS)
            assert (await talk.hear())["type"] == "next"
        for query in (ENDLESS, "{ one }"):
            await talk.ask("more", query)
            message = await talk.hear()
            assert (message["type"], message["id"]) == ("error", "more")
            assert [error["extensions"]["code"] for error in message["payload"]] == ["TOO_MANY_SUBSCRIPTIONS"]
        assert served.seen.open == 3
        await talk.say({"type": "complete", "id": "1"})
        await talk.ask("more", ENDLESS)
        assert (await talk.hear())["id"] == "more"
        assert served.seen.open == 3


async def test_a_client_that_does_not_read_holds_up_what_it_is_told(served: Served) -> None:
    async with served.socket(compression=None, max_queue=1) as talk:
        for each in range(10):
            await talk.ask(str(each), "subscription { flood }")
        before = -1
        while served.seen.told > before:
            before = served.seen.told
            await asyncio.sleep(0.3)
        # What is beyond the sockets' own buffers: less than one result of each.
        assert 10 <= before < 200
        talk.connection.transport.abort()
    await served.until_open(0)


async def test_what_the_door_refuses_is_an_error_and_the_socket_stays(tmp_path: Path) -> None:
    async with serving(tmp_path, PATCHBAY_MAX_OPERATIONS="1") as served, served.socket() as talk:
        await talk.ask("1", "{ slow }")
        await asyncio.sleep(0.05)
        await talk.ask("2", "{ one }")
        message = await talk.hear()
        assert (message["type"], message["id"]) == ("error", "2")
        assert [error["extensions"]["code"] for error in message["payload"]] == ["SERVER_BUSY"]
        served.seen.gate.set()
        assert (await talk.hear())["payload"] == {"data": {"slow": 1}}


# -------------------------------------------------------------------------------------------------- identity


async def test_a_token_in_the_first_message_or_in_a_header_opens_the_connection(tmp_path: Path) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:
        bearer = {"Authorization": f"Bearer {issuer.token()}"}
        for headers, payload in ((bearer, None), ({}, bearer)):
            async with served.opened(headers) as connection:
                talk = Talk(connection)
                await talk.say({"type": "connection_init", "payload": payload})
                assert await talk.hear() == {"type": "connection_ack"}


async def test_wrong_and_missing_credentials_close_with_4401_and_a_reason(tmp_path: Path) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:
        stale = issuer.token(exp=int(time.time()) - 120)
        proofs = [None, {}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {stale}"}]
        for payload in proofs:
            async with served.opened() as connection:
                talk = Talk(connection)
                await talk.say({"type": "connection_init", "payload": payload})
                # Asked for without waiting, it is not run either.
                await talk.ask("1", ENDLESS)
                code, reason = await closed(talk)
            assert code == 4401
            assert " " in reason
            assert "nonsense" not in reason
        assert served.seen.open == 0


async def test_a_connection_ends_with_its_token_and_so_does_all_on_it(tmp_path: Path) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:
        token = issuer.token(exp=int(time.time()) + 2)
        async with served.opened({"Authorization": f"Bearer {token}"}) as connection:
            talk = Talk(connection)
            await talk.say({"type": "connection_init"})
            await talk.hear()
            await talk.ask("1", ENDLESS)
            await talk.ask("2", "{ slow }")
            await talk.hear()
            assert await closed(talk) == (4401, "token expired")
        await served.until_open(0)
        assert served.state.door.under_way == 0


# --------------------------------------------------------------------------------------------------- the end


async def test_a_stop_completes_subscriptions_waits_for_answers_and_closes_with_1001(served: Served) -> None:
    async with served.socket() as talk:
        await talk.ask("s", ENDLESS)
        assert (await talk.hear())["type"] == "next"
        await talk.ask("q", "{ slow }")
        await asyncio.sleep(0.05)
        stopping = asyncio.create_task(served.state.close_sockets(3))
        assert await talk.hear() == {"type": "complete", "id": "s"}
        await talk.ask("late", "{ one }")
        message = await talk.hear()
        assert (message["type"], message["id"]) == ("error", "late")
        served.seen.gate.set()
        assert await talk.hear() == {"type": "next", "id": "q", "payload": {"data": {"slow": 1}}}
        assert await talk.hear() == {"type": "complete", "id": "q"}
        assert (await closed(talk))[0] == 1001
        await asyncio.wait_for(stopping, 1)
    async with served.opened() as connection:
        assert (await closed(Talk(connection)))[0] == 1001


async def test_a_stop_does_not_wait_longer_than_it_is_told(served: Served) -> None:
    async with served.socket() as talk:
        await talk.ask("q", "{ slow }")
        await asyncio.sleep(0.05)
        await asyncio.wait_for(served.state.close_sockets(0.1), 1)
        assert (await closed(talk))[0] == 1001
    assert served.state.door.under_way == 0


# ---------------------------------------------------------------------------------- parts, and other clients


async def test_what_is_deferred_comes_in_further_nexts(served: Served) -> None:
    async with served.socket() as talk:
        await talk.ask("1", "{ part { number ... @defer { late } } }")
        messages = [await talk.hear()]
        while messages[-1]["type"] == "next":
            messages.append(await talk.hear())
    first, *more, last = messages
    assert first["payload"]["data"] == {"part": {"number": 1}}
    assert first["payload"]["hasNext"] is True
    assert more[-1]["payload"]["hasNext"] is False
    assert last == {"type": "complete", "id": "1"}


async def test_python_s_gql_is_served(served: Served) -> None:
    transport = WebsocketsTransport(
        url=served.url.replace("http", "ws"), subprotocols=["graphql-transport-ws"]
    )
    async with Client(transport=transport) as session:
        assert await session.execute(gql("{ one }")) == {"one": 1}
        assert [each async for each in session.subscribe(gql(COUNT))] == [{"count": n} for n in (1, 2, 3)]


async def test_large_results_arrive_whole(served: Served) -> None:
    async with served.socket() as talk:
        await talk.ask("1", "subscription { flood }")
        assert len((await talk.hear())["payload"]["data"]["flood"]) == BIG
