"""A server on a loopback socket that answers raw bytes, so that broken HTTP can be sent as well.

It counts connections and requests and sees when a client goes away. An answer is the bytes of a whole reply,
or a coroutine function that writes what it likes; the connection stays open behind it unless it is closed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

MAX_HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class Request:
    """One request as it stood on the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def query(self, name: str) -> list[str]:
        """The values of a query parameter, decoded."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name, [])

    def ids(self) -> list[str]:
        """The keys in a comma-separated `ids`."""
        return [key for value in self.query("ids") for key in value.split(",")]


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer. Header names are given in Python's spelling, as `content_type`."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines])
    return head.encode() + b"\r\n\r\n" + body


def json_reply(value: Any, status: str = "200 OK") -> bytes:
    """A whole answer with a JSON body."""
    return reply(msgspec.json.encode(value), status, content_type="application/json")


def answering(make: Callable[[Request], bytes], *, after_seconds: float = 0.0) -> Answer:
    """An answer made from the request, perhaps after a while."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if after_seconds:
            await asyncio.sleep(after_seconds)
        writer.write(make(request))

    return answer


def cut_off(sent: bytes) -> Answer:
    """Bytes, and then the end of the connection."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    return answer


async def silence(request: Request, writer: asyncio.StreamWriter) -> None:
    """No answer, and the connection stays open."""
    await asyncio.Event().wait()


class Wire:
    """The server. `async with Wire(answer) as wire:` listens at `wire.url` until the block ends.

    Args:
        answer: what each request gets.
        tls: serve HTTPS with it.
    """

    def __init__(self, answer: Answer | bytes, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        self.under_way = 0
        self.most_under_way = 0
        self.arrived = asyncio.Event()
        self.abandoned = asyncio.Event()
        """Set when a client goes away before its answer is complete."""
        self.all_closed = asyncio.Event()
        """Set while no connection is open, once there has been one."""
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, ssl=self._tls, limit=MAX_HEAD_BYTES
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._tasks)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.all_closed.clear()
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self.all_closed.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                while not writer.is_closing():
                    request = await _read_request(reader)
                    self.requests.append(request)
                    self.arrived.set()
                    await self._respond(request, reader, writer)
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _respond(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        answer = asyncio.ensure_future(self._write(request, writer))
        # A client sends nothing while it waits, so anything to be read is the end of the connection.
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() or isinstance(answer.exception(), OSError):
                self.abandoned.set()
                writer.close()
        finally:
            self.under_way -= 1
            answer.cancel()
            gone.cancel()
            await asyncio.gather(answer, gone, return_exceptions=True)

    async def _write(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if isinstance(self.answer, bytes):
            writer.write(self.answer)
        else:
            await self.answer(request, writer)
        await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)
