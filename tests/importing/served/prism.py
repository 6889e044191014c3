"""Prism, a mock server that reads OpenAPI documents by itself; and whatever other peer that node runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.serving import ROOT, free_port

PEERS = ROOT / "tests" / "importing" / "peers"
CLI = PEERS / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"

needs_prism = pytest.mark.skipif(
    shutil.which("node") is None or not CLI.is_file(), reason="Prism is not installed"
)

START_SECONDS = 30


@contextmanager
def prism(document: Path) -> Iterator[str]:
    """The address of a server that answers as the document says, other values each time."""
    port = free_port()
    command = [
        "node",
        str(CLI),
        "mock",
        "--dynamic",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        str(document),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    url = f"http://127.0.0.1:{port}"
    try:
        for line in process.stdout:
            if "listening on" in line:
                break
        httpx2.get(url, trust_env=False, timeout=START_SECONDS)
        yield url
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
