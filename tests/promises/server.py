"""The server under test: `tests/promises/graph`, a real process that ends with the one that started it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.promises.graph import CASE, MUTANT
from tests.promises.load import Client
from tests.promises.tracing import PREFIX
from tests.serving import ROOT, START_SECONDS, free_port

STOP_SECONDS = 1.0
"""A server whose calls hang waits for them; nobody waits for it here."""
POLL_SECONDS = 0.02
GRAPH = "tests/promises/graph/__main__.py"
DATABASE_URL = "PATCHBAY_DATABASE_URL"
"""Among the settings: the inbox is there, and in no file of the server's own."""


class Server:
    """Use it as an asynchronous context manager: inside, it answers.

    Args:
        environment: addresses and credentials of the upstreams, and settings.
        folder: for its inbox and its log.
        case: how the upstreams are declared, see tests.promises.graph.options.
        mutant: what is broken in it; None where nothing is.
        settings: further settings by name.
        trace: the file that its system calls are written to, see tests.promises.tracing; None writes none.
        graph: the file that serves it.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        *,
        case: str,
        mutant: str | None = None,
        settings: Mapping[str, str] | None = None,
        trace: Path | None = None,
        graph: str = GRAPH,
    ) -> None:
        self._graph = graph
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = Client(self.port)
        self._log = folder / f"{self.port}.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PATCHBAY_")},
            "PATCHBAY_LOG_LEVEL": "warning",
            "PATCHBAY_LOG_FORMAT": "json",
            "PATCHBAY_GRAPHIQL": "false",
            **environment,
            **(settings or {}),
            "PORT": str(self.port),
            **(
                {}
                if DATABASE_URL in (settings or {})
                else {"PATCHBAY_DATABASE": f"{folder}/{self.port}.sqlite3"}
            ),
            CASE: case,
            MUTANT: mutant or "",
        }
        self._prefix = () if trace is None else (*PREFIX, str(trace))
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._prefix,
                sys.executable,
                "-m",
                "demo.tied",
                self._graph,
                cwd=ROOT,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        try:
            await self._wait_until_it_answers()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.__aexit__()
        # The process ends when its standard input does, also below strace, which passes on no signal.
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        await self._process.wait()

    async def _wait_until_it_answers(self) -> None:
        async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(START_SECONDS):
            while True:
                if self._process.returncode is not None:
                    raise AssertionError(f"the server ended: {self.log().strip().rpartition(chr(10))[2]}")
                try:
                    await client.get(f"{self.url}/health/live")
                except httpx2.TransportError:
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    return

    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text(errors="replace")

    async def request(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        """The answer to any request, with its headers."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.request(method, self.url + path, **arguments)

    @property
    def resident_bytes(self) -> int:
        """The memory that it holds now."""
        return self._memory("VmRSS")

    @property
    def peak_resident_bytes(self) -> int:
        """The most memory that it has held since `forget_peak`."""
        return self._memory("VmHWM")

    @property
    def cpu_seconds(self) -> float:
        """The processor's time that it has used so far."""
        # Behind the command's name, which may hold spaces, the 12th and the 13th: in user and in system mode.
        stat = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def waited_seconds(self) -> float:
        """How long it has been ready to run so far, while others had the processor."""
        return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[1]) / 1e9

    def forget_peak(self) -> None:
        """Measure the most anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def _memory(self, name: str) -> int:
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(f"{name}:"))
