"""Servers that others wrote, as processes on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from bench.processes import free_port

START_SECONDS = 60.0


@contextmanager
def running(script: str, ready: str) -> Iterator[str]:
    """The URL of a server that one of the scripts beside this file runs.

    Args:
        script: its name, without ".py".
        ready: a path that any answer comes from once it has started.
    """
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, str(Path(__file__).with_name(f"{script}.py")), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(url + ready):
            assert process.poll() is None, f"{script} did not start"
            assert time.monotonic() < end, f"{script} takes too long to start"
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):  # noqa: S310 - on loopback
            return True
    except HTTPError:
        return True
    except OSError:
        return False
