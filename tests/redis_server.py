"""A Redis of the test's own: a process on a free port of 127.0.0.1, its files in a temporary folder.

`with RedisServer() as redis:` starts it; there are `redis.url`, `redis.kill()` and `redis.start()`.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Self

import pytest

from patchbay.calls.redis import RedisLink
from patchbay.environment import Secret

START_SECONDS = 10.0


class RedisServer:
    """Debian's redis-server. It keeps nothing on disk: what is started after a kill is empty.

    The test is skipped where the program is missing.
    """

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = tempfile.TemporaryDirectory(prefix="patchbay-redis-")
        self._command = [
            program, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self._folder.name,
            "--save", "", "--appendonly", "no", "--daemonize", "no",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Returns when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "redis-server did not start"
            assert time.monotonic() < end, "redis-server takes too long to start"
            time.sleep(0.01)

    def kill(self) -> None:
        """With SIGKILL: nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It answers nobody, and forgets nothing, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def link(self, prefix: str = "patchbay:") -> RedisLink:
        """A link to it, which the caller closes."""
        return RedisLink(Secret(self.url, "PATCHBAY_REDIS_URL"), prefix)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
