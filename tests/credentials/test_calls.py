"""Credentials that differ from call to call, through whole upstreams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from patchbay.calls import (
    Call,
    ClientCredentials,
    Credentials,
    ForwardToken,
    RefreshToken,
    Reply,
    Resources,
    TokenExchange,
)
from patchbay.errors import UpstreamUnauthenticated
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
from tests.credentials.opening import scope_of
from tests.credentials.token_server import TokenServer
from tests.patchbay import calling
from tests.patchbay.calling import GET, assert_safe
from tests.patchbay.wire import Request, Wire, answering, json_reply

CLIENT = ClientCredentials("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
REFRESH = RefreshToken("TOKEN_URL", "CLIENT_ID", "REFRESH_TOKEN", "CLIENT_SECRET")
EXCHANGE = TokenExchange("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
POST = Call("POST /things", "POST", "/things", {"Content-Type": "text/plain"}, b"a thing")
Later = Callable[[float], None]


class Things:
    """An upstream that answers with the Authorization that it was asked with, or HTTP 401."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.wire = Wire(self.answer)

    def proof(self, request: Request) -> str:
        return request.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def proofs(self) -> list[str]:
        return [self.proof(request) for request in self.wire.requests]

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        proof = self.proof(request)
        right = proof not in self.revoked
        writer.write(json_reply(proof, "200 OK" if right else "401 Unauthorized"))


def things(credentials: Credentials) -> Rest:
    return Rest("things", base_url="URL", credentials=credentials)


async def send(rest: Rest, call: Call = GET, scope: Scope | None = None) -> Reply:
    """The call as the operation of `scope` makes it."""

    async def operation() -> Reply:
        enter_scope(scope or Scope())
        return await rest.send(call)

    return await asyncio.create_task(operation())


@pytest.mark.parametrize("credentials", [CLIENT, REFRESH, EXCHANGE], ids=lambda kind: type(kind).__name__)
@pytest.mark.parametrize("call", [GET, POST], ids=["read", "write"])
async def test_a_call_that_is_refused_is_made_once_more_with_a_new_token(
    server: TokenServer, later: Later, credentials: Credentials, call: Call
) -> None:
    upstream, caller = Things(), scope_of(authorization="Bearer caller")
    values = {**server.variables, "REFRESH_TOKEN": "refresh"}
    async with upstream.wire as wire, calling.opened(things(credentials), URL=wire.url, **values) as rest:
        assert (await send(rest, call, caller)).body == b'"token-1"'
        upstream.revoked.add("token-1")
        later(20)
        reply = await send(rest, call, caller)
        assert (reply.status, reply.body) == (200, b'"token-2"')
        assert upstream.proofs == ["token-1", "token-1", "token-2"]
        assert [request.body for request in wire.requests] == [call.body or b""] * 3
    assert len(server.asked) == 2


async def test_many_calls_that_are_refused_share_one_new_token(server: TokenServer, later: Later) -> None:
    upstream = Things()
    hurried = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        # Half of the refusals arrive when the new token is in use already.
        if request.target.endswith("slow") and upstream.proof(request) == "token-1":
            await hurried.wait()
        await Things.answer(upstream, request, writer)

    upstream.wire = Wire(answer)
    async with (
        upstream.wire as wire,
        calling.opened(things(CLIENT), URL=wire.url, **server.variables) as rest,
    ):
        await send(rest)
        upstream.revoked.add("token-1")
        later(20)
        slow = [
            asyncio.create_task(send(rest, Call("GET", "GET", f"/{number}/slow"))) for number in range(10)
        ]
        quick = [send(rest, Call("GET", "GET", f"/{number}/quick")) for number in range(10)]
        replies = await asyncio.gather(*quick)
        hurried.set()
        replies += await asyncio.gather(*slow)
    assert {(reply.status, reply.body) for reply in replies} == {(200, b'"token-2"')}
    assert len(server.asked) == 2
    assert len(upstream.proofs) == 41


async def test_an_upstream_that_refuses_every_token_costs_few_token_calls(
    server: TokenServer, later: Later
) -> None:
    async with (
        Wire(json_reply({}, "401 Unauthorized")) as wire,
        calling.opened(things(CLIENT), URL=wire.url, **server.variables) as rest,
    ):
        for _ in range(10):
            assert (await send(rest)).status == 401
        assert (len(server.asked), len(wire.requests)) == (1, 10)
        later(20)
        for _ in range(10):
            assert (await send(rest)).status == 401
        assert (len(server.asked), len(wire.requests)) == (2, 21)


async def test_without_a_token_the_upstream_is_not_asked(server: TokenServer) -> None:
    server.refuse("401 Unauthorized", "invalid_client")
    async with (
        Wire(json_reply({})) as wire,
        calling.opened(things(CLIENT), URL=wire.url, **server.variables) as rest,
    ):
        for _ in range(30):
            with pytest.raises(UpstreamUnauthenticated) as caught:
                await send(rest)
            assert_safe(caught.value)
            assert caught.value.code == "UPSTREAM_UNAUTHENTICATED"
        assert (len(server.asked), len(wire.requests)) == (1, 0)
        assert rest.status()["circuit"] == "closed", "it is not the upstream that failed"


async def test_a_token_call_carries_no_credentials_of_the_upstream(server: TokenServer) -> None:
    both = ClientCredentials("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", authentication="post")
    async with Wire(json_reply({})) as wire:
        async with calling.opened(things(both), URL=wire.url, **server.variables) as rest:
            await send(rest)
        assert b"s3cret" not in b"".join(repr(request).encode() for request in wire.requests)
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize("credentials", [ForwardToken(), EXCHANGE], ids=["forwarded", "exchanged"])
async def test_callers_at_the_same_time_never_get_each_others_answers(
    server: TokenServer, credentials: Credentials
) -> None:
    upstream = Things()

    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await upstream.answer(request, writer)

    callers = [f"caller-{number % 10}" for number in range(100)]
    rest = things(credentials)
    async with Wire(slowly) as wire:
        runtime = calling.runtime(URL=wire.url, **server.variables)
        await rest.open(replace(runtime, resources=Resources(single_flight=True)))
        try:
            for _ in range(3):
                replies = await asyncio.gather(
                    *(send(rest, GET, scope_of(authorization=f"Bearer {caller}")) for caller in callers)
                )
                proofs = [reply.body.decode().strip('"') for reply in replies]
                if credentials is EXCHANGE:
                    subjects = [form["subject_token"] for form in server.forms]
                    proofs = [subjects[int(proof.removeprefix("token-")) - 1] for proof in proofs]
                assert proofs == callers
        finally:
            await rest.close()
        # What one caller asks ten times at once is asked once.
        assert len(wire.requests) == 30


async def test_a_caller_without_a_token_gets_no_other_callers_answer() -> None:
    upstream = Things()
    async with upstream.wire as wire, calling.opened(things(ForwardToken()), URL=wire.url) as rest:
        known = send(rest, GET, scope_of(authorization="Bearer known"))
        replies = await asyncio.gather(known, send(rest), return_exceptions=True)
        assert isinstance(replies[0], Reply)
        assert isinstance(replies[1], UpstreamUnauthenticated)
        assert upstream.proofs == ["known"]


async def test_a_forwarded_token_that_is_refused_is_not_sent_again() -> None:
    upstream = Things()
    upstream.revoked.add("old")
    async with upstream.wire as wire, calling.opened(things(ForwardToken()), URL=wire.url) as rest:
        assert (await send(rest, GET, scope_of(authorization="Bearer old"))).status == 401
        assert upstream.proofs == ["old"]


async def test_the_token_of_a_slow_endpoint_reaches_the_next_caller(server: TokenServer) -> None:
    server.wait.clear()
    async with (
        Wire(answering(lambda _: json_reply({}))) as wire,
        calling.opened(things(CLIENT), URL=wire.url, **server.variables) as rest,
    ):
        gone = asyncio.create_task(send(rest))
        await server.until_asked(1)
        gone.cancel()
        await asyncio.wait((gone,))
        server.wait.set()
        assert (await send(rest)).status == 200
    assert len(server.asked) == 1
