"""A name service that lies, inside this process: the event loop's getaddrinfo is the one seam at the OS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import pytest

NO_PROTOCOL = 255
"""The system makes no socket for it, so that an address that is let in is not called all the same."""


class Names:
    """What each name leads to; a name that is not here, or an address, is looked up as always.

    Args:
        monkeypatch: puts it in the place of the running loop's look-up.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.addresses: dict[str, Sequence[str]] = {}
        self.asked: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._real = self._loop.getaddrinfo
        monkeypatch.setattr(self._loop, "getaddrinfo", self._look_up)

    async def _look_up(self, host: str, port: int, **options: Any) -> Any:
        self.asked.append(host)
        addresses = self.addresses.get(host)
        if addresses is None:
            return await self._real(host, port, **options)
        return [_entry(address, port) for address in addresses]


def _entry(text: str, port: int) -> Any:
    address = ip_address(text)
    # This machine can be called: a test that must not get there would see it.
    protocol = socket.IPPROTO_TCP if text.startswith("127.") else NO_PROTOCOL
    if address.version == 6:
        return (socket.AF_INET6, socket.SOCK_STREAM, protocol, "", (text, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, protocol, "", (text, port))
