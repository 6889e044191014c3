"""One service of the demo as a process: start, stop, and the control paths it answers."""

import contextlib
import http.client
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 3.0
CONTROL_SECONDS: Final = 30.0


class StartError(Exception):
    """A service did not come up; the message names it and holds what it wrote to stderr."""


class Upstream:
    """A service `python -m demo.<name>`; not running until `start`."""

    def __init__(self, name: str, environment: Mapping[str, str], arguments: Sequence[str] = ()) -> None:
        self.name = name
        self.url = ""
        self._environment = environment
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None while it is stopped."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, at the same port as before if it ran before; StartError after START_SECONDS."""
        if self._process:
            return
        port = str(urlsplit(self.url).port) if self.url else "0"
        command = [sys.executable, "-m", f"demo.{self.name}", "--port", port, *self._arguments]
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, without a shell
                command,
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which ends its children in order
            )
            line = _first_line(self._process, START_SECONDS)
            if not line:
                self.stop()
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip() or "It wrote nothing to stderr."
                what = f"did not come up within {START_SECONDS:g} s" if line is None else "ended at once"
                raise StartError(f"The demo's {self.name} {what}: {said}")
        self.url = json.loads(line)["url"]

    def stop(self) -> None:
        """Ends the process and waits for it; kills it when it takes longer than STOP_SECONDS."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            _pipe(process.stdin).close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _pipe(process.stdout).close()

    def calls(self) -> dict[str, int]:
        """How often each operation was called since the start or the last `reset`."""
        counts: dict[str, int] = self._control("GET", "/__calls")
        return counts

    def reset(self) -> None:
        """Starts the counts anew."""
        self._control("DELETE", "/__calls")

    def fault(self, **spec: Any) -> None:
        """Makes the service fail, e.g. ``fault(mode="fail", status=503)``; ValueError for an unknown mode."""
        self._control("PUT", "/__fault", spec)

    def heal(self) -> None:
        """Ends the fault."""
        self._control("DELETE", "/__fault")

    def happened(self) -> list[dict[str, Any]]:
        """What the service has really done, oldest first; ValueError for one that cannot say so."""
        rows: list[dict[str, Any]] = self._control("GET", "/__happened")
        return rows

    def send(self, kind: str, order_id: str) -> dict[str, Any]:
        """Of a sender: posts the order itself, or its payment's or shipment's next event; what was posted."""
        posted: dict[str, Any] = self._control("POST", "/__send", {"kind": kind, "order_id": order_id})
        return posted

    def told(self) -> bool:
        """Of a sender: whether the target has received all that there is to tell of the showcase customer."""
        showcase: bool = self._control("GET", "/__told")["showcase"]
        return showcase

    def _control(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=CONTROL_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise ValueError(f"{method} {path} of {self.name}: {response.status} {content.decode()}")
        return json.loads(content) if content else None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("The process was started without this pipe.")
    return stream


def _first_line(process: subprocess.Popen[bytes], timeout_seconds: float) -> bytes | None:
    """The first line of the process's stdout; empty when it ends before, None when it takes too long."""
    descriptor, line = _pipe(process.stdout).fileno(), b""
    until = time.monotonic() + timeout_seconds
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return None
        part = os.read(descriptor, 4096)
        if not part:
            return b""
        line += part
    return line
