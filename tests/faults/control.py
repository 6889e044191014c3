"""The proxy's second port, at which it is told what to do and tells what it has seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from tests.faults.fault import Fault
from tests.faults.serving import Proxy

Control: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _obey(proxy: Proxy, method: str, path: str, body: bytes) -> bytes:
    match method, path:
        case "PUT", "/faults":
            await proxy.set_faults(msgspec.json.decode(body, type=list[Fault]))
        case "GET", "/seen":
            return msgspec.json.encode(proxy.seen())
        case "GET", "/counts":
            return msgspec.json.encode(proxy.counts())
        case "DELETE", "/seen":
            proxy.reset()
        case _:
            raise ValueError("there is no such control")
    return b""


def controls(proxy: Proxy) -> Control:
    """What answers a connection to the control port: one request, and then its end."""

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, path, _ = head.split(" ", 2)
        length = head.lower().partition("content-length:")[2].partition("\r\n")[0]
        body = await reader.readexactly(int(length or 0))
        try:
            status, content = "200 OK", await _obey(proxy, method, path, body)
        except (ValueError, OSError) as error:
            status, content = "400 Bad Request", str(error).encode()
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()
        writer.close()

    return control
