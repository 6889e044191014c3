"""A token endpoint, and a clock that tests can set."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace

import pytest

from patchbay.calls.credentials import tokens
from tests.credentials.token_server import TokenServer


@pytest.fixture
async def server() -> AsyncIterator[TokenServer]:
    async with TokenServer() as server:
        yield server


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock by which tokens age forward by so many seconds."""
    ahead_seconds = 0.0

    def later(seconds: float) -> None:
        nonlocal ahead_seconds
        ahead_seconds += seconds

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead_seconds)
    monkeypatch.setattr(tokens, "time", clock)
    return later


@pytest.fixture
def closed_url() -> str:
    """Where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"
