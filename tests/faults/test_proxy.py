"""The proxy itself: what it does to a client, and what it says that it has seen."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import pytest

from tests.faults.fault import Counts, Fault
from tests.faults.proxy import FaultProxy
from tests.patchbay.wire import Wire, answering, reply

REQUEST = b"GET /things HTTP/1.1\r\nHost: things\r\nX-Name: first\r\n\r\n"
WRITE = b"POST /things HTTP/1.1\r\nHost: things\r\nContent-Length: 4\r\n\r\nbody"
BODY = b'{"id":"T1"}'


@pytest.fixture
async def target() -> AsyncIterator[Wire]:
    async with Wire(reply(BODY, content_type="application/json")) as wire:
        yield wire


@pytest.fixture
async def proxy(target: Wire) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy(target.url)
    await asyncio.to_thread(proxy.start)
    yield proxy
    await asyncio.to_thread(proxy.stop)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, url: str, tls: ssl.SSLContext | None = None) -> Client:
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port, ssl=tls))

    async def ask(self, request: bytes = REQUEST, quiet_seconds: float = 0.3) -> bytes:
        """All that comes back, until nothing has come for a while or the connection ends."""
        self.writer.write(request)
        got = b""
        while True:
            try:
                piece = await asyncio.wait_for(self._reader.read(1 << 20), quiet_seconds)
            except TimeoutError:
                return got
            if not piece:
                return got
            got += piece

    async def is_reset(self, request: bytes = REQUEST) -> bool:
        try:
            await self.ask(request)
        except ConnectionResetError:
            return True
        return False

    def close(self) -> None:
        self.writer.close()


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[Client]:
    client = await Client.connect(proxy.url)
    yield client
    client.close()


async def until(proxy: FaultProxy, is_so: Callable[[Counts], bool]) -> None:
    async with asyncio.timeout(3):
        while True:
            if is_so(proxy.counts()):
                return
            await asyncio.sleep(0.01)


async def test_what_is_well_passes(proxy: FaultProxy, target: Wire, client: Client) -> None:
    assert (await client.ask()).endswith(BODY)
    assert (await client.ask(WRITE)).endswith(BODY)
    assert [(each.method, each.body) for each in target.requests] == [("GET", b""), ("POST", b"body")]
    assert target.requests[0].headers["host"] == "things"
    seen = proxy.seen()
    assert [(each.method, each.status, each.mode, each.body_bytes) for each in seen.requests] == [
        ("GET", 200, "", 0),
        ("POST", 200, "", 4),
    ]
    assert "X-Name: first" in seen.requests[0].head
    (connection,) = seen.connections
    assert connection.closed_at is None
    assert connection.received_bytes == len(REQUEST + WRITE)


async def test_times_are_those_of_this_machine(proxy: FaultProxy, client: Client) -> None:
    before = time.monotonic()
    proxy.fault("delay", seconds=0.2)
    await client.ask(quiet_seconds=0.5)
    (request,) = proxy.seen().requests
    assert before < request.at < time.monotonic()
    assert request.ended_at is not None
    assert 0.2 <= request.ended_at - request.at < 0.5


@pytest.mark.parametrize("mode", ["hang", "delay", "trickle"])
async def test_it_tells_when_a_client_gave_up(
    proxy: FaultProxy, client: Client, target: Wire, mode: str
) -> None:
    target.answer = answering(lambda _: reply(BODY * 100))
    proxy.fault(mode, seconds=5)
    client.writer.write(REQUEST)
    await until(proxy, lambda counts: counts.under_way == 1)
    gone_at = time.monotonic()
    client.close()
    await until(proxy, lambda counts: counts.open == 0)
    seen = proxy.seen()
    assert seen.requests[0].abandoned
    assert seen.connections[0].closed_at is not None
    assert gone_at <= seen.connections[0].closed_at < gone_at + 0.2


async def test_the_target_hears_of_it(proxy: FaultProxy, client: Client, target: Wire) -> None:
    target.answer = answering(lambda _: reply(BODY), after_seconds=5)
    client.writer.write(REQUEST)
    await asyncio.wait_for(target.arrived.wait(), 2)
    client.close()
    await asyncio.wait_for(target.abandoned.wait(), 1)


async def test_a_refusing_port_comes_back(proxy: FaultProxy, client: Client) -> None:
    proxy.fault("refuse")
    assert await client.is_reset()
    with pytest.raises(ConnectionRefusedError):
        await Client.connect(proxy.url)
    proxy.heal()
    again = await Client.connect(proxy.url)
    assert (await again.ask()).endswith(BODY)
    again.close()


@pytest.mark.parametrize(
    ("mode", "carried_out"), [("reset_before", 0), ("reset", 0), ("reset_after", 1), ("reset_mid_body", 1)]
)
async def test_resets(proxy: FaultProxy, target: Wire, mode: str, carried_out: int) -> None:
    proxy.fault(mode)
    try:
        client = await Client.connect(proxy.url)
    except ConnectionResetError:
        # So early that the connection was not even known to be one.
        assert mode == "reset_before"
    else:
        assert await client.is_reset(WRITE)
    assert len(target.requests) == carried_out
    assert proxy.counts().requests == (0 if mode == "reset_before" else 1)


async def test_a_share_is_drawn_and_the_same_each_time(target: Wire) -> None:
    drawn = []
    for _ in range(2):
        with FaultProxy(target.url, seed=7) as proxy:
            proxy.fault("status", status=503, share=0.3)
            client = await Client.connect(proxy.url)
            for _ in range(300):
                client.writer.write(REQUEST)
            await until(proxy, lambda counts: counts.requests == 300 and not counts.under_way)
            drawn.append([each.status for each in proxy.seen().requests])
            client.close()
    assert drawn[0] == drawn[1]
    assert 60 < drawn[0].count(503) < 120


async def test_only_some_requests_so_many_times_and_the_first_fault_that_fits(
    proxy: FaultProxy, client: Client
) -> None:
    proxy.faults(
        Fault("status", only="POST ", times=2, status=429, headers={"Retry-After": "2"}),
        Fault("status", only="body", status=500),
        Fault("html", only="no such thing"),
    )
    answers = [await client.ask(request, 0.1) for request in (REQUEST, WRITE, WRITE, WRITE, REQUEST)]
    assert [int(answer[9:12]) for answer in answers] == [200, 429, 429, 500, 200]
    assert b"Retry-After: 2\r\n" in answers[1]
    assert [each.mode for each in proxy.seen().requests] == ["", "status", "status", "status", ""]


async def test_most_within_a_window(proxy: FaultProxy, client: Client) -> None:
    for pause_seconds in (0, 0, 0.6, 0):
        await asyncio.sleep(pause_seconds)
        await client.ask(quiet_seconds=0.01)
    seen = proxy.seen()
    assert seen.most_within(0.3) == 2
    assert seen.most_within(5.0) == 4
    proxy.reset()
    assert proxy.seen().most_within(5.0) == 0


async def test_trickle(proxy: FaultProxy, client: Client) -> None:
    proxy.fault("trickle", seconds=0.05)
    started = time.monotonic()
    assert (await client.ask()).endswith(BODY)
    assert time.monotonic() - started >= 0.05 * len(BODY)


FRAMED = {
    "truncate": b"content-length: 11\r\n\r\n" + BODY[:5],
    "half_body": b"content-length: 5\r\n\r\n" + BODY[:5],
    "wrong_type": b"content-type: image/png\r\ncontent-length: 11\r\n\r\n" + BODY,
    "bad_utf8": b'{"id":"T1\xff\xfe"}',
    "double_length": b"content-length: 11\r\nContent-Length: 2\r\n\r\n" + BODY,
    "bad_chunk": b'transfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\nzz\r\n',
    "http2_goaway": b"\x00\x00\x08\x07\x00" + bytes(8) + b"\x00\x00\x00\x0b",
    "html": b"</html>",
}


@pytest.mark.parametrize("mode", FRAMED)
async def test_what_stands_on_the_wire(proxy: FaultProxy, client: Client, mode: str) -> None:
    proxy.fault(mode)
    assert (await client.ask()).endswith(FRAMED[mode])


async def test_sizes(proxy: FaultProxy, client: Client) -> None:
    proxy.fault("big_header")
    assert len(await client.ask()) > 2_000_000
    proxy.fault("big_body", size_bytes=1_000_000)
    head, _, body = (await client.ask()).partition(b"\r\n\r\n")
    assert b"content-length: 1000000" in head
    assert (len(body), body[:2], body[-2:]) == (1_000_000, b'"a', b'a"')


async def test_a_redirect(proxy: FaultProxy, client: Client) -> None:
    proxy.fault("redirect", location="http://169.254.169.254/", status=307)
    assert (await client.ask()).startswith(
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/"
    )


@pytest.fixture
def trusting(proxy: FaultProxy) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=proxy.authority)


async def test_certificates(proxy: FaultProxy, trusting: ssl.SSLContext) -> None:
    client = await Client.connect(proxy.tls_url, trusting)
    assert (await client.ask()).endswith(BODY)
    for mode, why in {
        "tls_expired": "certificate has expired",
        "tls_wrong_host": "IP address mismatch",
        "tls_unknown": "unable to get local issuer",
    }.items():
        proxy.fault(mode)
        with pytest.raises(ssl.SSLCertVerificationError, match=why):
            await Client.connect(proxy.tls_url, trusting)
    client.close()
    plain = await Client.connect(proxy.url)
    assert (await plain.ask()).endswith(BODY)
    plain.close()


@pytest.mark.parametrize("arguments", [{"mode": "no such mode"}, {"mode": "hang", "secnds": 1}])
def test_a_fault_that_there_is_not(arguments: dict[str, str]) -> None:
    with FaultProxy("http://127.0.0.1:9") as proxy, pytest.raises(ValueError, match=r"Invalid|unknown"):
        proxy.fault(**arguments)


async def test_it_ends_with_whoever_started_it(target: Wire) -> None:
    proxy = FaultProxy(target.url)
    proxy.start()
    address = urlsplit(proxy.url)
    proxy.stop()
    proxy.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname or "", address.port or 0), 1)
