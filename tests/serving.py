"""The server as a process on a free port, and a client of it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx2

from patchbay.environment import Secret

ROOT = Path(__file__).parent.parent
START_SECONDS = 30.0


@dataclass
class Answer:
    """What came back for one operation, and the log line that the server wrote about it."""

    status: int
    body: dict[str, Any]
    log: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Any:
        """The answer's data, when there are no errors."""
        assert "errors" not in self.body or not self.body["errors"], self.body["errors"]
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The answer's errors; at least one."""
        assert self.body.get("errors"), self.body
        errors: list[dict[str, Any]] = self.body["errors"]
        return errors

    @property
    def error(self) -> dict[str, Any]:
        """The answer's only error."""
        assert len(self.errors) == 1, self.errors
        return self.errors[0]

    @property
    def codes(self) -> set[str]:
        """The codes of all errors."""
        return {error["extensions"]["code"] for error in self.errors}


class GraphServer:
    """`python main.py`, or another command, with these variables; use it as a context manager.

    `folder` is where the command runs.
    """

    def __init__(
        self,
        environment: dict[str, str],
        database: Path | Secret,
        command: Sequence[str] = ("main.py",),
        folder: Path = ROOT,
    ) -> None:
        self._command = command
        self._folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **os.environ,
            **environment,
            "PORT": str(self.port),
            **database_variables(database),
            "PATCHBAY_LOG_FORMAT": "json",
            "PYTHONPATH": str(ROOT),
        }
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.lines: list[dict[str, Any]] = []
        self.text: list[str] = []

    def start(self) -> None:
        """Start and wait until it answers."""
        self._client = httpx2.Client(timeout=30, trust_env=False)
        seen = len(self.lines)
        self._process = subprocess.Popen(
            [sys.executable, *self._command],
            cwd=self._folder,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._reader.start()
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended: {''.join(self.text)}")
            try:
                self._client.get(f"{self.url}/health/live")
            except httpx2.TransportError:
                time.sleep(0.02)
            else:
                # Whoever answers on this port is our process only if that has started.
                if any(line["event"] == "started" for line in self.lines[seen:]):
                    return
                time.sleep(0.02)
        raise AssertionError(f"the server did not answer within {START_SECONDS} s")

    def _read_log(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as stream:
            for line in stream:
                self.text.append(line)
                if line.startswith("{"):
                    self.lines.append(json.loads(line))

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        return self.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> int:
        """Send it a signal; its exit code, negative where the signal killed it."""
        assert self._process is not None
        assert self._reader is not None
        self._client.close()
        self._process.send_signal(number)
        code = self._process.wait(20)
        self._reader.join(5)
        return code

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def request(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        """Any HTTP request."""
        return self._client.request(method, self.url + path, **arguments)

    def execute(self, query: str, **variables: Any) -> Answer:
        """One operation by POST, with the log line that belongs to it."""
        seen = len(self.lines)
        response = self.request("POST", "/graphql", json={"query": query, "variables": variables})
        answer = Answer(response.status_code, response.json())
        end = time.monotonic() + 5
        while not answer.log and time.monotonic() < end:
            for line in self.lines[seen:]:
                if line["event"] == "operation":
                    answer.log = line
            time.sleep(0.002)
        return answer

    def wait_until_circuits_are_closed(self, seconds: float = 10) -> None:
        """Until no breaker is open and no quota is paused; the health check's calls are the probes."""
        end = time.monotonic() + seconds
        while True:
            calls = self.request("GET", "/health/upstreams").json().values()
            called = [each for each in calls if "circuit" in each]
            if all(each["circuit"] == "closed" and not each["quota"]["pause_seconds"] for each in called):
                return
            assert time.monotonic() < end, calls
            self.request("GET", "/health/ready")
            time.sleep(0.1)

    def wait_until(self, query: str, is_there: Any, seconds: float = 20) -> Any:
        """Ask again and again until the data is as wanted; that data."""
        end = time.monotonic() + seconds
        while True:
            data = self.execute(query).data
            if is_there(data):
                return data
            assert time.monotonic() < end, data
            time.sleep(0.1)


def database_variables(location: Path | Secret) -> dict[str, str]:
    """What tells the server where its inbox is."""
    if isinstance(location, Path):
        return {"PATCHBAY_DATABASE": str(location)}
    return {"PATCHBAY_DATABASE_URL": location.reveal()}


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives out by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
