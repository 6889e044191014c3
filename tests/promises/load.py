"""Load on a server: operations by POST over kept connections, at a fixed rate or as fast as answers come.

Both loads end by themselves, and their answers say when each operation was sent and how long it took.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import orjson

HEAD_END = b"\r\n\r\n"
ANSWER_SECONDS = 60.0
KEEP_SECONDS = 3.0
"""The server closes connections that are idle for five."""

MAX_ANSWER_BYTES = 1 << 24
KEPT_BYTES = 1 << 16
FINE = "fine"
"""The outcome of an operation without errors."""

Make: TypeAlias = "Callable[[int], Operation]"
"""The operation of this number, counted from 0."""


@dataclass(frozen=True)
class Operation:
    """What is sent: a document with its variables, and the headers that say who asks."""

    query: str
    variables: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None

    def request(self) -> bytes:
        """As it stands on the wire."""
        body = orjson.dumps({"query": self.query, "variables": self.variables or {}})
        own = "".join(f"{name}: {value}\r\n" for name, value in (self.headers or {}).items())
        head = f"POST /graphql HTTP/1.1\r\nHost: patchbay\r\nContent-Type: application/json\r\n{own}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass(frozen=True)
class Answer:
    """What came back, when it was asked for (time.monotonic) and how long that took.

    Args:
        at, seconds: see above.
        status: HTTP's; 0 where nothing came.
        outcome: `fine`, the codes of the errors, or what HTTP said.
        body: as it came; a large one that is fine is not kept.
    """

    at: float
    seconds: float
    status: int
    outcome: str
    body: bytes = b""

    @classmethod
    def of(cls, at: float, status: int = 0, body: bytes = b"") -> Answer:
        """The answer that has come now."""
        seconds = time.monotonic() - at
        outcome = _outcome(status, body)
        return cls(at, seconds, status, outcome, b"" if len(body) > KEPT_BYTES and outcome == FINE else body)

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The body as JSON, empty where it is none."""
        return _document(self.body)

    @property
    def data(self) -> Any:
        """The answer's data, null where there are none."""
        return self.document.get("data")

    @property
    def errors(self) -> list[Any]:
        """The answer's errors."""
        return self.document.get("errors") or []

    @property
    def codes(self) -> list[str]:
        """Their codes, each once; `?` for an error without one."""
        return _codes(self.errors)

    @property
    def is_fine(self) -> bool:
        """Whether it came with data and without errors."""
        return self.outcome == FINE


def _outcome(status: int, body: bytes) -> str:
    if status == 0:
        return "no answer"
    # Most answers of a load are alike and fine: their errors need not be looked for in JSON.
    codes = _codes(_document(body).get("errors") or []) if b'"errors"' in body else ()
    if codes:
        return ", ".join(codes)
    return FINE if status == 200 and body else f"HTTP {status}"


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _codes(errors: list[Any]) -> list[str]:
    return sorted({(each.get("extensions") or {}).get("code") or "?" for each in errors})


class Client:
    """A client of the server at this port of 127.0.0.1; use it as a context manager.

    Every operation that is under way has a connection of its own, which the next one uses again.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []
        """Since when each is, the latest last."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for _since, _reader, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def ask(self, operation: Operation, *, patience_seconds: float = ANSWER_SECONDS) -> Answer:
        """Its answer; none after so long. Cancelled, the connection is closed under the operation."""
        request = operation.request()
        at = time.monotonic()
        try:
            async with asyncio.timeout(patience_seconds):
                status, body = await self.exchange(request)
        except (OSError, EOFError, TimeoutError):
            return Answer.of(at)
        return Answer.of(at, status, body)

    async def exchange(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body that a request brings, given as it stands on the wire.

        Raises OSError or EOFError where the connection breaks.
        """
        reader, writer = await self._connection()
        try:
            writer.write(request)
            head = await reader.readuntil(HEAD_END)
            body = await reader.readexactly(_length(head))
        except BaseException:
            writer.transport.abort()
            raise
        if b"connection: close" in head.lower():
            writer.close()
        else:
            self._idle.append((time.monotonic(), reader, writer))
        return int(head[9:12]), body

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        oldest = time.monotonic() - KEEP_SECONDS
        while self._idle:
            since, reader, writer = self._idle.pop()
            if since >= oldest and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port, limit=MAX_ANSWER_BYTES)


def _length(head: bytes) -> int:
    _, _, behind = head.lower().partition(b"content-length:")
    return int(behind.partition(b"\r\n")[0] or 0)


async def open_loop(
    client: Client,
    make: Make,
    *,
    per_second: float,
    seconds: float,
    patience_seconds: float = ANSWER_SECONDS,
) -> list[Answer]:
    """Ask at this rate, whether answers come or not; all answers, in the order of their operations."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    asked: list[asyncio.Task[Answer]] = []
    for number in range(round(per_second * seconds)):
        await asyncio.sleep(max(0.0, started + number / per_second - loop.time()))
        asked.append(loop.create_task(client.ask(make(number), patience_seconds=patience_seconds)))
    return list(await asyncio.gather(*asked))


async def closed_loop(
    client: Client, make: Make, *, workers: int, seconds: float = ANSWER_SECONDS, most: int | None = None
) -> list[Answer]:
    """So many clients ask one operation after the other for this time, and at most so many; all answers."""
    end = time.monotonic() + seconds
    answers: list[Answer] = []
    numbers = itertools.count() if most is None else iter(range(most))

    async def work() -> None:
        # The numbers are shared by all: no two operations are alike.
        for number in numbers:
            answers.append(await client.ask(make(number)))
            if time.monotonic() >= end:
                return

    await asyncio.gather(*(work() for _ in range(workers)))
    return answers


def percentile(answers: Iterable[Answer], share: float) -> float:
    """Seconds within which this share of the answers came; 0.5 is the median."""
    ordered = sorted(each.seconds for each in answers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def outcomes(answers: Iterable[Answer]) -> Counter[str]:
    """Outcome -> how many."""
    return Counter(each.outcome for each in answers)


def fine_share(answers: Sequence[Answer]) -> float:
    """The share of answers that are fine."""
    return sum(each.is_fine for each in answers) / len(answers)
