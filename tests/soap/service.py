"""A SOAP service on a free port of 127.0.0.1: answers what a test tells it, notes what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.soap.documents import PLACE, envelope, wsdl

XML = "text/xml; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """One request as it came in; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    content_type: str | None = XML
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        headers = {"Content-Length": str(len(self.body)), "Connection": "close", **self.headers}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Test\r\n{lines}\r\n".encode() + self.body


class Service:
    """Serves `documents` by path, and answers posts with `answer`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.documents: dict[str, bytes | Answer] = {}
        self.answer: Callable[[Asked], Answer] = lambda _: Answer(status=404)
        self.wait_seconds = 0.0
        self._came = asyncio.Condition()
        self._port = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None] | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def wsdl_url(self) -> str:
        return f"{self.url}/service?wsdl"

    @property
    def posts(self) -> list[Asked]:
        return [each for each in self.asked if each.method == "POST"]

    def count(self, path: str) -> int:
        """How often a document was fetched."""
        return sum(each.method == "GET" and each.target.startswith(path) for each in self.asked)

    async def until_asked(self, times: int) -> None:
        """Return once that many requests have come in."""
        async with self._came, asyncio.timeout(5):
            await self._came.wait_for(lambda: len(self.asked) >= times)

    def describe(self, document: bytes | None = None) -> None:
        """Serve a WSDL at `wsdl_url`, by default the usual one."""
        self.documents["/service"] = wsdl(f"{self.url}/service") if document is None else document

    def reply(self, content: str | bytes, status: int = 200, content_type: str | None = XML) -> None:
        """Answer every post with an envelope around XML text, or with these very bytes."""
        body = content if isinstance(content, bytes) else envelope(content)
        self.answer = lambda _: Answer(body, status, content_type)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            if task is not None:
                task.cancel()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(task := asyncio.current_task())
        try:
            asked = await _read(reader)
            self.asked.append(asked)
            async with self._came:
                self._came.notify_all()
            await asyncio.sleep(self.wait_seconds)
            writer.write(self._answer(asked).encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._serving.discard(task)
            writer.close()

    def _answer(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            return self.answer(asked)
        document = self.documents.get(asked.target.partition("?")[0], Answer(status=404))
        return document if isinstance(document, Answer) else Answer(document)


async def _read(reader: asyncio.StreamReader) -> Asked:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def longest_gap() -> AsyncIterator[list[float]]:
    """Yields a list whose one item is, at the end, the longest time in seconds the loop stood still."""
    longest = [0.0]
    loop = asyncio.get_running_loop()

    async def tick() -> None:
        last = loop.time()
        while True:
            await asyncio.sleep(0.001)
            now = loop.time()
            longest[0] = max(longest[0], now - last)
            last = now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    yield longest
    # One more turn, so that a stop that has only just ended is seen.
    await asyncio.sleep(0.003)
    ticking.cancel()


def row(key: str, count: object = 1, note: str | None = None) -> str:
    """A row of the usual service's answer."""
    noted = "" if note is None else f"<Note>{note}</Note>"
    return f"<Row><Id>{key}</Id><Count>{count}</Count>{noted}</Row>"


def answered(*each: str) -> str:
    """The usual service's answer."""
    return f'<GetRowsResponse xmlns="{PLACE}"><Rows>{"".join(each)}</Rows></GetRowsResponse>'
