"""strace on processes that run already: it writes down their system calls, or makes some of them fail."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from typing import Self

ATTACH_SECONDS = 15.0


class Attached:
    """Use it as a context manager: inside, strace is attached. Nothing is left of it afterwards.

    Args:
        processes: their ids; their threads and what they fork is followed.
        path: the file that the calls are written to.
        options: further ones, as on the command line.
    """

    def __init__(self, processes: Collection[int], path: Path, *options: str) -> None:
        self._processes = processes
        self._log = path.with_suffix(".log")
        pids = [text for each in processes for text in ("-p", str(each))]
        self._command = ["strace", "-f", "-y", "-s", "16", "-o", str(path), *options, *pids]

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stderr=log)
        end = time.monotonic() + ATTACH_SECONDS
        while not self._is_attached():
            if self._process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise AssertionError(f"strace is not attached: {self._log.read_text()}")
            time.sleep(0.01)
        return self

    def _is_attached(self) -> bool:
        """It says so in one line for each process, whose threads are attached by then."""
        lines = self._log.read_text(errors="replace").splitlines()
        return all(any(f"Process {each} attached" in line for line in lines) for each in self._processes)

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(ATTACH_SECONDS)
