"""SOAP servers that others wrote, in processes of their own on 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SERVERS = Path(__file__).parent / "servers"
NODE_MODULES = Path(__file__).parents[1] / "peers" / "node_modules"

_WAIT_SECONDS = 15.0


@contextmanager
def php() -> Iterator[str]:
    """PHP's SoapServer; the address in front of /shop, /depot and /closed."""
    port = _free_port()
    command = ["php", "-S", f"127.0.0.1:{port}", str(SERVERS / "shop.php")]
    with _running(command) as process:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def perl() -> Iterator[str]:
    """SOAP::Lite's daemon; its address."""
    with _running(["perl", str(SERVERS / "depot.pl")]) as process:
        yield _first_line(process)


@contextmanager
def node() -> Iterator[str]:
    """node's soap; its address."""
    with _running(["node", str(SERVERS / "node_soap.js"), str(NODE_MODULES)]) as process:
        yield _first_line(process)


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("http://"), f"{process.args!r} did not start"
    return line.rstrip("/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.02)
    raise AssertionError(f"{process.args!r} did not start")
