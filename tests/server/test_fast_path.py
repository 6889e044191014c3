"""The way from socket to socket: what it answers, what it hands on, and who shares an answer."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from structlog.testing import capture_logs

from patchbay.caller import ANONYMOUS
from patchbay.errors import UpstreamRefused
from patchbay.server import GraphSchema, Settings
from patchbay.server.door import Door
from patchbay.server.presence import NOTICE_SECONDS
from patchbay.server.service import Service
from patchbay.server.transports.asked import Asked
from patchbay.server.transports.fast_path import FastPath
from patchbay.server.transports.http import GraphQLHttp

PATH = "/graphql"
JSON = (b"content-type", b"application/json")


class World:
    """How often each resolver ran, and what holds them up."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.gate = asyncio.Event()
        self.write_gate = asyncio.Event()


Info = strawberry.Info[Any, Any]
WORLD = World()


async def held(name: str = "") -> str:
    WORLD.ran.append(f"held {name}")
    await WORLD.gate.wait()
    return f"held {len(WORLD.ran)}"


async def write() -> str:
    WORLD.ran.append("write")
    await WORLD.gate.wait()
    return "written"


async def write_apart() -> str:
    WORLD.ran.append("write")
    await WORLD.write_gate.wait()
    return "written"


def header(info: Info, name: str) -> str | None:
    value: str | None = info.context["request"].headers.get(name)
    return value


def cookie(info: Info) -> str:
    info.context["response"].headers["set-cookie"] = "a=b"
    info.context.get("response").status_code = 203
    return "set"


async def refused() -> int:
    await asyncio.sleep(0)
    raise UpstreamRefused("things", 403)


def unknown(info: Info) -> str:
    return str(("request" in info.context, "other" in info.context, info.context.get("other")))


async def later(info: Info) -> str:
    WORLD.ran.append("now")
    await WORLD.gate.wait()
    info.context["background_tasks"].add_task(WORLD.ran.append, "later")
    return f"{len(WORLD.ran)} ran"


class Odd:
    """No JSON."""


@strawberry.type
class Query:
    held: str | None = strawberry.field(resolver=held)
    header: str | None = strawberry.field(resolver=header)
    cookie: str = strawberry.field(resolver=cookie)
    later: str = strawberry.field(resolver=later)
    unknown: str = strawberry.field(resolver=unknown)
    refused: int | None = strawberry.field(resolver=refused)

    @strawberry.field
    def odd(self) -> strawberry.scalars.JSON:
        return Odd()  # type: ignore[return-value] # which is the point


@strawberry.type
class Mutation:
    write: str = strawberry.field(resolver=write)
    write_apart: str = strawberry.field(resolver=write_apart)


SCHEMA = GraphSchema(query=Query, mutation=Mutation)
Messages = list[dict[str, Any]]


async def never() -> Any:
    """A `receive` that nothing comes of."""
    await asyncio.Event().wait()


class Client:
    """Sends requests to a FastPath, and keeps what it hands on."""

    def __init__(self, **variables: str) -> None:
        self.handed_on: list[tuple[str, bytes]] = []
        self.received = 0
        settings = Settings.read(variables)
        self.door = Door(settings.max_operations, adapts=settings.load_shedding)
        self._service = service = Service(SCHEMA, settings, self.door)
        self._fast = FastPath(self._behind, GraphQLHttp(service, None), service, path=PATH)

    async def _behind(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.handed_on.append((scope["method"], body))
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(
        self,
        body: Any,
        *headers: tuple[bytes, bytes],
        method: str = "POST",
        path: str = PATH,
        parts: int = 1,
        type_: Sequence[tuple[bytes, bytes]] = (JSON,),
        gone: asyncio.Event | None = None,
    ) -> tuple[int, dict[bytes, bytes], Any]:
        """Status, headers and body of the answer; status 0 where none is sent, as after `gone`."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        size = -(-len(raw) // parts) or 1
        pieces = [raw[start : start + size] for start in range(0, len(raw), size)] or [b""]
        messages = iter(
            {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
            for number, piece in enumerate(pieces)
        )
        sent: Messages = []

        async def receive() -> Any:
            self.received += 1
            message = next(messages, None)
            if message is None:
                await (gone or asyncio.Event()).wait()
                return {"type": "http.disconnect"}
            return message

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [*type_, *headers],
        }
        await self._fast(scope, receive, send)
        if not sent:
            return 0, {}, None
        answer = sent[1]["body"]
        return sent[0]["status"], dict(sent[0]["headers"]), json.loads(answer) if answer else None

    async def run(self, text: str) -> Any:
        """The result of an operation that comes by none of the requests that a FastPath takes."""
        asked = Asked(query=text)
        admitted = await self._service.admit(asked, ANONYMOUS, address="127.0.0.1")
        context = self._service.context_of({"type": "websocket", "headers": []}, never, ANONYMOUS)
        return (await self._service.run(admitted, context)).payload

    async def query(self, text: str, *headers: tuple[bytes, bytes]) -> Any:
        """The body of the answer to a query that is not handed on."""
        status, _, body = await self.send({"query": text}, *headers)
        assert status == 200
        return body


@pytest.fixture(autouse=True)
def world() -> World:
    WORLD.__init__()  # type: ignore[misc] # resolvers know this one
    return WORLD


async def until(count: int) -> None:
    """Wait until so many resolvers have run, and whoever else was started had its turn."""
    async with asyncio.timeout(5):
        while len(WORLD.ran) < count:  # noqa: ASYNC110 - what it waits for has no event of its own
            await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_operation_is_answered_with_its_length_and_type() -> None:
    status, headers, body = await Client().send({"query": "{ __typename }"})
    assert (status, body) == (200, {"data": {"__typename": "Query"}})
    assert headers == {
        b"content-type": b"application/json; charset=utf-8",
        b"content-length": b"31",
        b"cache-control": b"no-store",
        b"x-content-type-options": b"nosniff",
        b"cross-origin-resource-policy": b"same-origin",
    }


@pytest.mark.parametrize("parts", [2, 7])
async def test_a_body_may_come_in_parts(parts: int) -> None:
    client = Client()
    assert (await client.send({"query": "{ __typename }"}, parts=parts))[2] == {
        "data": {"__typename": "Query"}
    }


BODY = {"query": "{ __typename }"}
HANDED_ON: dict[str, tuple[dict[bytes, bytes], Any, dict[str, Any]]] = {
    "another method": ({}, BODY, {"method": "GET"}),
    "another path": ({}, BODY, {"path": "/"}),
    "no type": ({}, BODY, {"type_": ()}),
    "another type": ({}, BODY, {"type_": ((b"content-type", b"text/plain"),)}),
    "compressed": ({b"content-encoding": b"gzip"}, BODY, {}),
    "wants a stream": ({b"accept": b"text/event-stream"}, BODY, {}),
    "no JSON": ({}, b"{", {}),
    "no UTF-8": ({}, b'{"query": "\xff"}', {}),
    "no query": ({}, {"q": 1}, {}),
    "wrong variables": ({}, {**BODY, "variables": []}, {}),
    "a list": ({}, [BODY], {}),
    "too long": ({}, {"query": "{ __typename }", "x": "y" * 2000}, {}),
    "too long, in parts": ({}, {"query": "{ __typename }", "x": "y" * 2000}, {"parts": 9}),
}


@pytest.mark.parametrize("name", HANDED_ON)
async def test_anything_else_is_handed_on_whole(name: str) -> None:
    headers, body, more = HANDED_ON[name]
    client = Client(PATCHBAY_MAX_OPERATION_BYTES="1024" if name.startswith("too") else "100000")
    status, _, _ = await client.send(body, *headers.items(), **more)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert status == 299
    assert client.handed_on == [(more.get("method", "POST"), raw)]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a syntax error": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "not valid": ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    "another operation": ({**BODY, "operationName": "Other"}, "BAD_REQUEST"),
    "two unnamed": ({"query": "query A { __typename } query B { __typename }"}, "BAD_REQUEST"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_operation_that_cannot_run_is_refused_here(name: str) -> None:
    body, code = REFUSED[name]
    client = Client()
    status, headers, answer = await client.send(body)
    assert status == 400
    assert headers[b"cache-control"] == b"no-store"
    assert list(answer) == ["errors"]
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
    assert client.handed_on == []


async def test_a_long_document_is_answered_here_too() -> None:
    _, _, body = await Client().send({"query": "{ __typename } #" + "x" * 9000})
    assert body == {"data": {"__typename": "Query"}}


async def test_variables_and_names_are_taken() -> None:
    WORLD.gate.set()
    document = "query A($n: String!) { held(name: $n) } query B { __typename }"
    _, _, body = await Client().send({"query": document, "variables": {"n": "x"}, "operationName": "A"})
    assert body == {"data": {"held": "held 1"}}
    assert WORLD.ran == ["held x"]


async def test_a_variable_that_cannot_be_used_is_told() -> None:
    _, _, body = await Client().send({"query": "query ($n: String!) { held(name: $n) }"})
    assert "data" not in body or body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_resolvers_have_strawberry_s_context() -> None:
    client = Client()
    assert await client.query('{ header(name: "x-a") }', (b"x-a", b"1")) == {"data": {"header": "1"}}
    assert await client.query("{ unknown }") == {"data": {"unknown": "(True, False, None)"}}
    status, headers, body = await client.send({"query": "{ cookie }"})
    assert (status, headers[b"set-cookie"], body) == (203, b"a=b", {"data": {"cookie": "set"}})


async def test_background_tasks_run_once_after_the_answer() -> None:
    client = Client()
    asking = [asyncio.create_task(client.query("{ later }")) for _ in range(3)]
    await until(1)
    WORLD.gate.set()
    assert await asyncio.gather(*asking) == [{"data": {"later": "1 ran"}}] * 3
    assert WORLD.ran == ["now", "later"]


async def test_what_breaks_the_answer_is_a_503_and_logged() -> None:
    with capture_logs() as lines:
        status, _, body = await Client().send({"query": "{ odd }"})
    assert (status, body["errors"][0]["extensions"]["code"]) == (503, "INTERNAL_SERVER_ERROR")
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["unexpected_error"]


# ---------------------------------------------------------------------------------------------- single flight


async def test_identical_queries_of_one_identity_are_run_once() -> None:
    client = Client()
    asking = [asyncio.create_task(client.query("{ held }", (b"authorization", b"a"))) for _ in range(100)]
    await until(1)
    WORLD.gate.set()
    answers = await asyncio.gather(*asking)
    assert WORLD.ran == ["held "]
    assert answers == [{"data": {"held": "held 1"}}] * 100
    # Nothing is kept: who asks now has it run again.
    await client.query("{ held }", (b"authorization", b"a"))
    assert len(WORLD.ran) == 2


@pytest.mark.parametrize(
    "name", [b"authorization", b"cookie", b"x-api-key", b"host", b"x-forwarded-for", b"accept-language"]
)
async def test_another_identity_has_a_run_of_its_own(name: bytes) -> None:
    client = Client()
    asking = [asyncio.create_task(client.query("{ held }", (name, value))) for value in (b"a", b"b", b"a")]
    await until(2)
    WORLD.gate.set()
    await asyncio.gather(*asking)
    assert len(WORLD.ran) == 2


async def test_other_variables_have_a_run_of_their_own() -> None:
    client = Client()
    query = "query ($n: String) { held(name: $n) }"
    asking = [asyncio.create_task(client.send({"query": query, "variables": {"n": n}})) for n in ("a", "b")]
    await until(2)
    WORLD.gate.set()
    await asyncio.gather(*asking)
    assert sorted(WORLD.ran) == ["held a", "held b"]


async def test_mutations_are_never_shared() -> None:
    client = Client()
    asking = [asyncio.create_task(client.query("mutation { write }")) for _ in range(3)]
    await until(3)
    WORLD.gate.set()
    await asyncio.gather(*asking)
    assert WORLD.ran == ["write"] * 3


async def test_what_is_asked_after_a_write_is_not_answered_from_before_it() -> None:
    client = Client()
    before = asyncio.create_task(client.query("{ held }"))
    await until(1)
    writing = asyncio.create_task(client.query("mutation { write }"))
    await until(2)
    joining = asyncio.create_task(client.query("{ held }"))
    await until(2)
    WORLD.gate.set()
    await writing
    after = asyncio.create_task(client.query("{ held }"))
    await asyncio.gather(before, joining, after)
    # Before, the write, and after; who asked while it was being written could share.
    assert WORLD.ran == ["held ", "write", "held "]


@pytest.mark.parametrize("waits", [True, False], ids=["who writes waits", "who writes goes away"])
async def test_nor_where_the_write_came_another_way(waits: bool) -> None:  # noqa: FBT001 - of the table
    """As over a WebSocket, as an event stream, in a batch or with files."""
    client = Client()
    before = asyncio.create_task(client.query("{ held }"))
    await until(1)
    writing = asyncio.create_task(client.run("mutation { writeApart }"))
    await until(2)
    if not waits:
        writing.cancel()
    joining = asyncio.create_task(client.query("{ held }"))
    await until(2)
    WORLD.write_gate.set()
    await asyncio.wait([writing])
    await until(2)
    after = asyncio.create_task(client.query("{ held }"))
    await until(3)
    WORLD.gate.set()
    await asyncio.gather(before, joining, after)
    assert WORLD.ran == ["held ", "write", "held "]


async def test_who_goes_away_does_not_take_the_others_answer_along() -> None:
    client = Client()
    first = asyncio.create_task(client.query("{ held }"))
    await until(1)
    others = [asyncio.create_task(client.query("{ held }")) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    await until(2)
    WORLD.gate.set()
    assert [answer["data"] for answer in await asyncio.gather(*others)] == [{"held": "held 2"}] * 3
    assert len(WORLD.ran) == 2


async def test_it_can_be_switched_off() -> None:
    client = Client(PATCHBAY_SINGLE_FLIGHT="off")
    asking = [asyncio.create_task(client.query("{ held }")) for _ in range(3)]
    await until(3)
    WORLD.gate.set()
    await asyncio.gather(*asking)
    assert len(WORLD.ran) == 3


async def test_each_who_shares_has_a_line_in_the_log() -> None:
    client = Client()
    with capture_logs() as lines:
        asking = [asyncio.create_task(client.query("{ held }")) for _ in range(3)]
        await until(1)
        WORLD.gate.set()
        await asyncio.gather(*asking)
    outcomes = [line["outcome"] for line in lines if line["event"] == "operation"]
    assert sorted(outcomes) == ["completed", "shared", "shared"]


# -------------------------------------------------------------------------------------------- who goes away


@pytest.mark.parametrize(("query", "received"), [("{ __typename }", 1), ("{ held }", 1)])
async def test_nobody_looks_after_the_client_of_a_short_operation(query: str, received: int) -> None:
    client = Client()
    WORLD.gate.set()
    await client.query(query)
    await asyncio.sleep(2 * NOTICE_SECONDS)
    assert client.received == received


async def test_who_goes_away_gets_nothing_and_is_logged() -> None:
    client, gone = Client(), asyncio.Event()
    with capture_logs() as lines:
        asking = asyncio.create_task(client.send({"query": "{ held }"}, gone=gone))
        await until(1)
        await asyncio.sleep(2 * NOTICE_SECONDS)
        assert not asking.done()
        gone.set()
        assert (await asking)[0] == 0
    assert [line["outcome"] for line in lines if line["event"] == "operation"] == ["broken off"]
    assert client.door.under_way == 0


async def test_a_task_that_others_cancel_stays_cancelled() -> None:
    client, gone = Client(), asyncio.Event()
    asking = asyncio.create_task(client.send({"query": "{ held }"}, gone=gone))
    await until(1)
    await asyncio.sleep(2 * NOTICE_SECONDS)
    gone.set()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert client.door.under_way == 0


@pytest.mark.parametrize("query", ['{ header(name: "a") }', "{ refused }", "{ nothing }"])
async def test_an_operation_leaves_nothing_for_the_collector(query: str) -> None:
    """Errors hold the frames that they were raised in. Thousands of these would stop the server for long."""
    client = Client()
    left = 0
    for _ in range(2):
        gc.collect()
        gc.disable()
        try:
            for _ in range(10):
                await asyncio.create_task(client.send({"query": query}))
            left = gc.collect()
        finally:
            gc.enable()
    assert left < 10
