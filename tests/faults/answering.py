"""One request and its answer, as the fault in force says."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import replace
from typing import Final

from tests.faults.answers import CHANGED, INSTEAD, Answer
from tests.faults.fault import Connection, Fault, Mode, Request
from tests.faults.target import Target

_RESET: Final = struct.pack("ii", 1, 0)

_ENDING: Final[frozenset[Mode]] = frozenset(("truncate", "double_length", "bad_chunk", "http2_goaway"))
"""Modes behind which the connection ends."""


class Answering:
    """One request and its answer."""

    def __init__(
        self,
        target: Target,
        sent: bytes,
        request: Request,
        writer: asyncio.StreamWriter,
        connection: Connection,
    ) -> None:
        self._target = target
        self._sent = sent
        self._request = request
        self._writer = writer
        self._connection = connection

    async def run(self, fault: Fault | None) -> None:
        """Answer it, well or badly."""
        if fault is None:
            await self._write((await self._asked()).encode())
            return
        self._request.mode = fault.mode
        if fault.mode == "hang":
            await asyncio.Event().wait()
        if fault.seconds and fault.mode != "trickle":
            await asyncio.sleep(fault.seconds)
        if fault.mode == "reset":
            self._reset()
        elif fault.mode == "big_body":
            await self._big(fault.size_bytes)
        elif fault.mode in INSTEAD:
            await self._write(INSTEAD[fault.mode](fault))
        else:
            await self._spoiled(fault, await self._asked())
        if fault.mode in _ENDING:
            self._writer.close()

    async def _spoiled(self, fault: Fault, good: Answer) -> None:
        half = len(good.body) // 2
        match fault.mode:
            case "delay":
                await self._write(good.encode())
            case "trickle":
                await self._write(good.head())
                for byte in good.body:
                    await asyncio.sleep(fault.seconds)
                    await self._write(bytes((byte,)))
            case "reset_after":
                self._reset()
            case "reset_mid_body":
                await self._write(good.head() + good.body[:half])
                await asyncio.sleep(0.05)  # a reset takes with it what has not been read yet
                self._reset()
            case "truncate":
                await self._write(good.head() + good.body[:half])
            case _:
                await self._write(CHANGED[fault.mode](good))

    async def _asked(self) -> Answer:
        good = await self._target.ask(self._sent)
        if self._connection.tls:
            # A WSDL names the address at which its service was asked, and the target was asked without TLS.
            host = _host(self._request.head)
            good = replace(good, body=good.body.replace(b"http://" + host, b"https://" + host))
        return good

    async def _write(self, data: bytes) -> None:
        if self._request.status == 0 and data.startswith(b"HTTP/1.1 "):
            self._request.status = int(data[9:12])
        self._connection.sent_bytes += len(data)
        self._writer.write(data)
        await self._writer.drain()

    async def _big(self, size_bytes: int) -> None:
        start, end = (b"<a>", b"</a>") if b"soapaction" in self._sent.lower() else (b'"', b'"')
        media_type = "text/xml" if start == b"<a>" else "application/json"
        head = Answer(200, (("content-type", media_type),), b"").head(size_bytes)
        await self._write(head + start)
        left = size_bytes - len(start) - len(end)
        while left > 0:
            piece = b"a" * min(left, 1 << 16)
            left -= len(piece)
            await self._write(piece)
        await self._write(end)

    def _reset(self) -> None:
        reset(self._writer.transport)


def reset(transport: asyncio.WriteTransport) -> None:
    """End the connection with RST instead of FIN."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def _host(head: str) -> bytes:
    lines = (line.partition(":") for line in head.split("\r\n"))
    return next((value.strip() for name, _, value in lines if name.lower() == "host"), "").encode()
