"""Load on a server from a process of its own: `python -m tests.load`, a JSON plan on stdin, JSON on stdout.

A load is a list of phases, one after the other. A phase asks one operation as fast as a number of clients get
answers (a closed loop), or at a fixed rate, whether answers come or not (an open one). What comes of it are
samples: when each was asked for, how long its answer took, and the status.

    peak, flood = run(port, body, [Phase(seconds=3, clients=32), Phase(seconds=5, per_second=3 * rate)])
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop

ROOT = Path(__file__).parent.parent
HEAD_END = b"\r\n\r\n"
SPARE_SECONDS = 60.0
MOST_CONNECTIONS = 8_000

GAVE_UP = 0
"""The status of what had no answer while its client was patient, or whose connection broke."""

BUSY = 503
"""The status of what was refused."""


class Phase(msgspec.Struct):
    """What is asked for so long.

    Args:
        seconds: how long it asks; answers may come later.
        clients: of a closed loop.
        per_second: the rate of an open one, where there are no clients.
        patience_seconds: a client that waits longer closes its connection.
    """

    seconds: float
    clients: int = 0
    per_second: float = 0.0
    patience_seconds: float = 10.0


class Sample(msgspec.Struct, array_like=True):
    """One operation: when it was asked for, counted from the phase's start; how long it took; the status."""

    at: float
    seconds: float
    status: int


class _Plan(msgspec.Struct):
    port: int
    body: str
    phases: list[Phase]


def run(port: int, body: str, phases: Sequence[Phase]) -> list[list[Sample]]:
    """The samples of each phase.

    Args:
        port: of the server on 127.0.0.1.
        body: what is sent to /graphql by POST, the same each time.
        phases: one after the other.
    """
    plan = msgspec.json.encode(_Plan(port, body, list(phases)))
    seconds = sum(phase.seconds + phase.patience_seconds for phase in phases) + SPARE_SECONDS
    done = subprocess.run(
        [sys.executable, "-m", "tests.load"],
        cwd=ROOT,
        input=plan,
        capture_output=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=list[list[Sample]])


def fine(samples: Iterable[Sample]) -> list[Sample]:
    """Those that were answered with 200."""
    return [sample for sample in samples if sample.status == 200]


def refused(samples: Iterable[Sample]) -> list[Sample]:
    """Those that were refused."""
    return [sample for sample in samples if sample.status == BUSY]


def between(samples: Iterable[Sample], start: float, end: float) -> list[Sample]:
    """Those whose answer came in this time of the phase."""
    return [sample for sample in samples if start <= sample.at + sample.seconds < end]


def percentile(samples: Iterable[Sample], share: float) -> float:
    """Seconds within which this share of the answers came; 0.5 is the median, and 0 stands for no samples."""
    ordered = sorted(sample.seconds for sample in samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


# -------------------------------------------------------------------------------- in the process of its own


class _Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.answer: asyncio.Future[int] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(HEAD_END)
        if found and len(body) >= _length(head):
            self._received = b""
            self._tell(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._tell(GAVE_UP)

    def _tell(self, status: int) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(status)


def _length(head: bytes) -> int:
    _, _, behind = head.lower().partition(b"content-length:")
    return int(behind.partition(b"\r\n")[0] or 0)


class _Clients:
    """Asks over kept connections, as many as are needed at once."""

    def __init__(self, plan: _Plan) -> None:
        body = plan.body.encode()
        head = "POST /graphql HTTP/1.1\r\nHost: patchbay\r\nContent-Type: application/json\r\n"
        self._request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self._port = plan.port
        self._idle: list[_Connection] = []
        self._opened = 0
        self._loop = asyncio.get_running_loop()

    async def ask(self, patience_seconds: float) -> int:
        """The status of the answer."""
        connection = self._kept() or await self._open()
        if connection is None:
            return GAVE_UP
        connection.answer = self._loop.create_future()
        connection.transport.write(self._request)
        timer = self._loop.call_later(patience_seconds, connection.transport.abort)
        status = await connection.answer
        timer.cancel()
        if connection.transport.is_closing():
            self._opened -= 1
        else:
            self._idle.append(connection)
        return status

    def _kept(self) -> _Connection | None:
        """A connection that has been used, and that the server has not closed since."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                return connection
            self._opened -= 1
        return None

    async def _open(self) -> _Connection | None:
        if self._opened >= MOST_CONNECTIONS:
            return None
        self._opened += 1
        with suppress(OSError):
            _, connection = await self._loop.create_connection(_Connection, "127.0.0.1", self._port)
            return connection
        self._opened -= 1
        return None

    async def run(self, phase: Phase) -> list[Sample]:
        samples: list[Sample] = []
        started = self._loop.time()
        end = started + phase.seconds

        async def one(at: float) -> None:
            status = await self.ask(phase.patience_seconds)
            samples.append(Sample(at - started, self._loop.time() - at, status))

        async def client() -> None:
            while self._loop.time() < end:
                await one(self._loop.time())

        if phase.clients:
            await asyncio.gather(*(client() for _ in range(phase.clients)))
            return samples
        tasks: set[asyncio.Task[None]] = set()
        for number in range(round(phase.per_second * phase.seconds)):
            # When it should have been asked for: a generator that is late makes nobody's latency shorter.
            at = started + number / phase.per_second
            if at > self._loop.time():
                await asyncio.sleep(at - self._loop.time())
            task = self._loop.create_task(one(at))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return samples


async def _run(plan: _Plan) -> list[list[Sample]]:
    clients = _Clients(plan)
    return [await clients.run(phase) for phase in plan.phases]


def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=_Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        samples: Any = runner.run(_run(plan))
    sys.stdout.buffer.write(msgspec.json.encode(samples))


if __name__ == "__main__":
    _main()
