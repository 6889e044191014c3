"""An upstream whose answers are kept, through its pipeline: Rest(..., cache=HttpCache())."""

from __future__ import annotations

import asyncio

import msgspec

from patchbay.caller import Caller
from patchbay.calls import Bearer, HttpCache, Limits
from patchbay.calls.credentials import ForwardToken
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
from tests.patchbay.calling import opened
from tests.patchbay.wire import Request, Wire, reply


class Thing(msgspec.Struct, frozen=True):
    id: str


class Counting:
    """Answers with a validator, and with 304 to who brings it."""

    def __init__(self, *, cache_control: str) -> None:
        self.cache_control = cache_control
        self.asked: list[str | None] = []
        self.down = False

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request.headers.get("if-none-match"))
        if self.down:
            writer.close()
        elif request.headers.get("if-none-match") == '"v1"':
            writer.write(reply(b"", "304 Not Modified", etag='"v1"', cache_control=self.cache_control))
        else:
            writer.write(reply(b'[{"id": "a"}]', etag='"v1"', cache_control=self.cache_control))


def things(**options: object) -> Rest:
    return Rest("things", base_url="THINGS_URL", cache=HttpCache(**options), limits=Limits(2), retry=None)  # type: ignore[arg-type]


async def test_what_holds_is_not_asked_for_again() -> None:
    answer = Counting(cache_control="max-age=60")
    rest = things()
    read = rest.batch("GET /things?ids={ids}", Thing, match="id", max_size=10)
    async with Wire(answer) as wire, opened(rest, THINGS_URL=wire.url):
        for _ in range(3):
            assert await read(["a"]) == [Thing("a")]
        kept = rest.status()["kept"]
    assert answer.asked == [None]
    assert (kept["misses"], kept["hits"], kept["stored"]) == (1, 2, 1)


async def test_what_has_a_validator_is_validated() -> None:
    answer = Counting(cache_control="no-cache")
    rest = things()
    read = rest.batch("GET /things?ids={ids}", Thing, match="id", max_size=10)
    async with Wire(answer) as wire, opened(rest, THINGS_URL=wire.url):
        for _ in range(3):
            assert await read(["a"]) == [Thing("a")]
    assert answer.asked == [None, '"v1"', '"v1"']


async def test_each_caller_has_its_own() -> None:
    answer = Counting(cache_control="max-age=60")
    rest = Rest("things", base_url="THINGS_URL", cache=HttpCache(), credentials=ForwardToken())
    read = rest.batch("GET /things?ids={ids}", Thing, match="id", max_size=10)

    async def ask(token: bytes) -> None:
        enter_scope(Scope(Caller([(b"authorization", token)])))
        assert await read(["a"]) == [Thing("a")]

    async with Wire(answer) as wire, opened(rest, THINGS_URL=wire.url):
        for token in (b"Bearer a", b"Bearer b", b"Bearer a", b"Bearer b"):
            await asyncio.create_task(ask(token))
        sent = [request.headers["authorization"] for request in wire.requests]
    assert sent == ["Bearer a", "Bearer b"]


async def test_an_upstream_that_dies_leaves_what_is_kept_with_a_warning() -> None:
    answer = Counting(cache_control="max-age=0")
    rest = Rest(
        "things",
        base_url="THINGS_URL",
        cache=HttpCache(stale_if_error_seconds=60),
        credentials=Bearer("THINGS_TOKEN"),
        retry=None,
    )
    read = rest.batch("GET /things?ids={ids}", Thing, match="id", max_size=10)
    async with Wire(answer) as wire, opened(rest, THINGS_URL=wire.url, THINGS_TOKEN="t"):
        assert await read(["a"]) == [Thing("a")]
        answer.down = True
        scope = Scope()
        enter_scope(scope)
        assert await read(["a"]) == [Thing("a")]
    (warning,) = scope.warnings()
    assert warning["source"] == "things"


async def test_a_write_has_its_target_asked_for_anew() -> None:
    answer = Counting(cache_control="max-age=60")
    rest = things()
    read = rest.each("GET /things/{id}", Thing)
    write = rest.write("PUT /things/{id}", Thing)

    async def one(request: Request, writer: asyncio.StreamWriter) -> None:
        answer.asked.append(request.method)
        writer.write(reply(b'{"id": "a"}', cache_control="max-age=60"))

    async with Wire(one) as wire, opened(rest, THINGS_URL=wire.url):
        await read(["a"])
        await read(["a"])
        await write(Thing("a"), id="a")
        await read(["a"])
    assert answer.asked == ["GET", "PUT", "GET"]
