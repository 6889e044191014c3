"""The proxy at work: takes requests, asks the target, and answers as the fault in force says."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from tests.faults.answering import Answering, reset
from tests.faults.answers import INSTEAD
from tests.faults.fault import WHOLE_CONNECTION, Connection, Counts, Fault, Mode, Request, Seen
from tests.faults.target import Target

HOST: Final = "127.0.0.1"

_HEAD_BYTES: Final = 1 << 20
_SLOW_TO_MAKE: Final[frozenset[Mode]] = frozenset(("gzip_bomb", "deflate_bomb", "xml_bomb"))


class Proxy:
    """The proxy. Open it in the event loop that it serves in.

    Args:
        target: the upstream's URL; only its origin counts.
        contexts: for the port that speaks TLS: the certificate of each mode that has one of its own, and
            under `""` a good one.
        seed: of the draws for `share`.
    """

    def __init__(self, target: str, contexts: dict[str, ssl.SSLContext], seed: int = 0) -> None:
        self._target = Target(target)
        self._contexts = contexts
        self._random = random.Random(seed)
        self._faults: list[Fault] = []
        self._left: list[int | None] = []
        self._requests: list[Request] = []
        self._connections: list[Connection] = []
        self._open: dict[int, tuple[asyncio.WriteTransport, bool]] = {}
        self._number = 0
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.ports = (0, 0)
        """Without TLS, and with it."""

    async def open(self) -> None:
        """Listen on both ports, the same as before if it has listened before."""
        if self._servers:
            return
        plain, tls = self.ports
        context = self._contexts[""]
        context.sni_callback = self._choose_certificate
        self._servers = [await self._listen(plain, None), await self._listen(tls, context)]
        self.ports = (
            self._servers[0].sockets[0].getsockname()[1],
            self._servers[1].sockets[0].getsockname()[1],
        )

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        is_tls = context is not None
        return await loop.create_server(
            lambda: _Protocol(self, is_tls=is_tls), HOST, port, ssl=context, backlog=1024, reuse_address=True
        )

    async def set_faults(self, faults: Iterable[Fault]) -> None:
        """From now on, the first of these that a request falls under acts on it; open connections stay."""
        faults = list(faults)
        for fault in faults:
            if fault.mode in _SLOW_TO_MAKE:
                await asyncio.to_thread(INSTEAD[fault.mode], fault)
        self._faults = faults
        self._left = [fault.times for fault in faults]
        modes = {fault.mode for fault in faults}
        if "refuse" in modes:
            for server in self._servers:
                server.close()
            self._servers.clear()
        else:
            await self.open()
        ends_all = bool(modes & {"refuse", "reset_before"})
        for transport, is_tls in list(self._open.values()):
            if ends_all or (is_tls and modes & WHOLE_CONNECTION):
                reset(transport)

    def seen(self) -> Seen:
        """Everything since the last reset."""
        return Seen(self._requests, self._connections)

    def counts(self) -> Counts:
        """How much that is."""
        under_way = sum(request.ended_at is None for request in self._requests)
        return Counts(len(self._requests), len(self._connections), len(self._open), under_way)

    def reset(self) -> None:
        """Forget all of it but what is still open or under way, which the records still hear of."""
        self._requests = [each for each in self._requests if each.ended_at is None]
        self._connections = [each for each in self._connections if each.closed_at is None]

    # What the protocol calls.

    def opened(self, transport: asyncio.Transport, *, is_tls: bool) -> Connection:
        """A connection has come in."""
        connection = Connection(self._number, time.monotonic(), tls=is_tls)
        self._number += 1
        self._connections.append(connection)
        self._open[connection.number] = (transport, is_tls)
        if any(fault.mode == "reset_before" for fault in self._faults):
            reset(transport)
        return connection

    def closed(self, connection: Connection) -> None:
        """It has gone, one way or the other."""
        connection.closed_at = connection.closed_at or time.monotonic()
        self._open.pop(connection.number, None)

    def serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: Connection,
        gone: asyncio.Future[None],
    ) -> None:
        """Take its requests, one after the other."""
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer, connection, gone))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: Connection,
        gone: asyncio.Future[None],
    ) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError):
                while not writer.is_closing():
                    sent = await _read_request(reader)
                    connection.received_bytes += len(sent)
                    request = _noted(sent, connection.number)
                    self._requests.append(request)
                    await self._answer(sent, request, writer, connection, gone)
        finally:
            writer.close()

    async def _answer(
        self,
        sent: bytes,
        request: Request,
        writer: asyncio.StreamWriter,
        connection: Connection,
        gone: asyncio.Future[None],
    ) -> None:
        answering = asyncio.ensure_future(
            Answering(self._target, sent, request, writer, connection).run(self._draw(sent))
        )
        try:
            await asyncio.wait((answering, gone), return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
            else:
                request.abandoned = True
                writer.close()
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            request.ended_at = time.monotonic()

    def _draw(self, sent: bytes) -> Fault | None:
        for number, fault in enumerate(self._faults):
            left = self._left[number]
            if fault.mode in WHOLE_CONNECTION or left == 0 or fault.only.encode() not in sent:
                continue
            if fault.share < 1 and self._random.random() >= fault.share:
                continue
            if left is not None:
                self._left[number] = left - 1
            return fault
        return None

    def _choose_certificate(self, tls: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        for fault in self._faults:
            if fault.mode in self._contexts:
                tls.context = self._contexts[fault.mode]


class _Protocol(asyncio.StreamReaderProtocol):
    """asyncio's own, which tells at once when the client goes."""

    def __init__(self, proxy: Proxy, *, is_tls: bool) -> None:
        loop = asyncio.get_running_loop()
        self._proxy = proxy
        self._is_tls = is_tls
        self._gone: asyncio.Future[None] = loop.create_future()
        self._mine: Connection
        reader = asyncio.StreamReader(limit=_HEAD_BYTES, loop=loop)
        super().__init__(reader, self._connected, loop=loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._mine = self._proxy.opened(transport, is_tls=self._is_tls)  # type: ignore[arg-type]  # uvloop's has no base
        super().connection_made(transport)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy.serve(reader, writer, self._mine, self._gone)

    def eof_received(self) -> bool | None:
        self._left()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._left()
        self._proxy.closed(self._mine)
        super().connection_lost(exc)

    def _left(self) -> None:
        self._mine.closed_at = self._mine.closed_at or time.monotonic()
        if not self._gone.done():
            self._gone.set_result(None)


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            line.partition(b":")[2]
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        b"0",
    )
    return head + await reader.readexactly(int(length))


def _noted(sent: bytes, number: int) -> Request:
    head, _, body = sent.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    method, target, _ = text.split(" ", 2)
    return Request(time.monotonic(), number, method, target, text, len(body))
