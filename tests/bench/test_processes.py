"""The benchmark's processes: measured with their children, and ended with them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from bench.processes import Process, StartError, free_port, idle_seconds

SERVER_WITH_A_CHILD = """
import os, socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
child = os.fork()
if child == 0:
    filler = bytearray(64 * 1024 * 1024)
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    print("spent", flush=True)
time.sleep(60)
"""


def process(folder: Path, script: str) -> Process:
    port = free_port()
    command = [sys.executable, "-c", script, str(port)]
    return Process("a server", command, port=port, core=0, environment={}, folder=folder)


def is_running(pid: int) -> bool:
    """Whether it is there and no zombie: nobody may be waiting for an orphan."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_process_that_ends_at_once_is_told_with_what_it_wrote(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="a server ended at once: no such thing"):
        process(tmp_path, "raise SystemExit('no such thing')").__enter__()


def test_children_count_and_end_with_their_parent(tmp_path: Path) -> None:
    with process(tmp_path, SERVER_WITH_A_CHILD) as server:
        end = time.monotonic() + 20
        while "spent" not in server.written():
            assert time.monotonic() < end, server.written()
            time.sleep(0.05)
        usage = server.usage()
        members = server.members()
    assert usage.cpu_seconds >= 0.5
    assert usage.rss_bytes >= 64 * 1024 * 1024
    assert len(members) == 2
    for pid in members:
        while is_running(pid):
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_core_gets_no_younger() -> None:
    before = idle_seconds(0)
    time.sleep(0.05)
    assert idle_seconds(0) >= before > 0
