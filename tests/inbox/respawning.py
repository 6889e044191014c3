"""The test's handle on `tests.inbox.respawn`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from patchbay.environment import Secret
from tests.inbox.database import Location

ROOT = Path(__file__).parents[2]
END_SECONDS = 10.0


class Respawning:
    """Serves from `start()` to `kill()`. `prefix` is a command that runs the whole, as strace."""

    def __init__(self, prefix: tuple[str, ...] = ()) -> None:
        command = [*prefix, sys.executable, "-m", "tests.inbox.respawn"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._line())
        self.url = f"http://127.0.0.1:{self.port}"
        self.pid = 0

    def start(self, location: Location, mutant: str | None = None, **how: Any) -> None:
        """Serve on this database.

        Args:
            location: where it is.
            mutant: what is broken in it; None where nothing is.
            how: further attributes of tests.inbox.respawn.Serving.
        """
        assert self._process.stdin is not None
        where = location.reveal() if isinstance(location, Secret) else str(location)
        serving = {"location": where, "mutant": mutant or "", **how}
        self._process.stdin.write(f"{json.dumps(serving)}\n")
        self._process.stdin.flush()
        self.pid = int(self._line())

    def kill(self) -> None:
        """SIGKILL the serving process. It was not waited for yet, so the pid is still its own."""
        os.kill(self.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the receiver's process ended"
        return line
