"""A name service that lies: what names lead to stands in a file, which can change while the server runs."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Any

import msgspec
import uvloop


def install(path: Path) -> None:
    """Look up the names of this file in it, each time anew; all others as always."""
    look_up = uvloop.Loop.getaddrinfo

    def known() -> dict[str, list[str]]:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, list[str]])

    async def lying(self: uvloop.Loop, host: Any, port: Any, **options: Any) -> Any:
        addresses = known().get(host)
        if addresses is None:
            return await look_up(self, host, port, **options)
        return [_entry(address, port) for address in addresses]

    loops: Any = uvloop.Loop
    loops.getaddrinfo = lying


def _entry(text: str, port: int) -> Any:
    if ipaddress.ip_address(text).version == 4:
        return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, port))
    return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, port, 0, 0))
