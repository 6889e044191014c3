"""Processes of the benchmark: pinned to one core, ended with the benchmark, measured with their children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
HOST: Final = "127.0.0.1"

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.05
SHOWN_CHARACTERS: Final = 2_000

SETTLE_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 0.1
IDLE_SHARE: Final = 0.2
"""A server that uses less of its core, over IDLE_SECONDS, is idle."""

_TICK_SECONDS: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")

# In /proc/<pid>/stat, counted behind the command's name, which may hold spaces.
_PARENT, _USER_TICKS, _SYSTEM_TICKS, _RESIDENT_PAGES = 1, 11, 12, 21

_IDLE_TICKS: Final = slice(3, 5)
"""In a core's line of /proc/stat: idle, and waiting for disks."""


class StartError(Exception):
    """A process did not come up; the message names it and holds what it wrote."""


@dataclass(frozen=True)
class Usage:
    """What a process and its children have used so far (CPU) and hold now (memory)."""

    cpu_seconds: float
    rss_bytes: int


class Process:
    """A server of the benchmark; use it as a context manager. It ends even where the benchmark is killed.

    Args:
        name: for messages and for the file that holds what it wrote.
        command: without a shell, from the root of the repository.
        port: where it will listen on 127.0.0.1.
        core: the only one that it may use.
        environment: added to that of this process.
        folder: for what it writes.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        core: int,
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        self.name = name
        self.port = port
        self._command = ["setpriv", "--pdeathsig", "TERM", *pinned(core, command)]
        self._environment = {**os.environ, **environment}
        self._written = folder / f"{name.replace(' ', '-').replace('/', '-')}-{port}.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._written.open("wb") as file:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_listens(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if process.poll() is not None:
                raise StartError(f"{self.name} ended at once: {self.written()}")
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(POLL_SECONDS)
        raise StartError(f"{self.name} did not listen within {START_SECONDS:g} s: {self.written()}")

    def written(self) -> str:
        """The end of what it wrote."""
        return self._written.read_text(errors="replace").strip()[-SHOWN_CHARACTERS:] or "it wrote nothing"

    def stop(self) -> None:
        """End it and wait; then, or after STOP_SECONDS, kill what is left of it and its children."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        # It was started with a session of its own, so that its group holds it and its children alone.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def members(self) -> list[int]:
        """The process ids of the process and its children."""
        return list(self._family())

    def usage(self) -> Usage:
        """Of the process and its children together."""
        members = self._family().values()
        ticks = sum(int(each[_USER_TICKS]) + int(each[_SYSTEM_TICKS]) for each in members)
        pages = sum(int(each[_RESIDENT_PAGES]) for each in members)
        return Usage(ticks * _TICK_SECONDS, pages * _PAGE_BYTES)

    def settle(self) -> None:
        """Return when it is idle, or after SETTLE_SECONDS: servers finish what clients have left behind."""
        end = time.monotonic() + SETTLE_SECONDS
        before = self.usage().cpu_seconds
        while time.monotonic() < end:
            time.sleep(IDLE_SECONDS)
            now = self.usage().cpu_seconds
            if now - before <= IDLE_SHARE * IDLE_SECONDS:
                return
            before = now

    def _family(self) -> dict[int, list[str]]:
        """Process id -> members of its stat, of the process and all its descendants."""
        assert self._process is not None  # noqa: S101 - only asked while it runs
        return _family(self._process.pid)


def idle_seconds(core: int) -> float:
    """How long this core has had nothing to do since the machine started, waiting for disks included."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            return sum(map(int, ticks[_IDLE_TICKS])) * _TICK_SECONDS
    raise ValueError(f"there is no core {core}")


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """The command, on this core alone."""
    return ["taskset", "--cpu-list", str(core), *command]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _family(pid: int) -> dict[int, list[str]]:
    stats: dict[int, list[str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except OSError:
                continue  # it has ended meanwhile
            stats[int(folder.name)] = text.rpartition(")")[2].split()
    family = {pid}
    while more := {each for each, stat in stats.items() if int(stat[_PARENT]) in family} - family:
        family |= more
    return {each: stats[each] for each in family if each in stats}
