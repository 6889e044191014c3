"""The connections to one upstream: opened when needed, kept open between calls."""

from __future__ import annotations

import asyncio
import contextvars
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from aiohappyeyeballs import start_connection

from patchbay.calls.connection import BrokenConnectionError, Connection
from patchbay.calls.egress import Guard
from patchbay.calls.tls import tls_context

if TYPE_CHECKING:
    import ssl

    from patchbay.address import Address
    from patchbay.calls.call import Reply
    from patchbay.calls.egress import Egress

_Found: TypeAlias = "list[Any]"
"""What getaddrinfo answers."""

KEEP_SECONDS = 4.0
"""How long an idle connection is used again. Many servers close theirs after five seconds."""

_NEXT_ADDRESS_SECONDS = 0.25
"""A host may have an address that nobody answers at, often its IPv6 one: then the next is tried as well."""

_FAREWELL_SECONDS = 1.0


class NotConnectedError(Exception):
    """There is no connection to be had; the message says why, without the address."""


class Pool:
    """The connections to one address. Use it in the event loop that it was made in.

    It opens as many as there are calls at once: whoever uses it limits these.

    Args:
        source: the upstream's name.
        address: where the upstream is.
        max_body_bytes: of an answer, after decompression.
        egress: where its connections may lead.
        tls: with a client certificate; None for the common one.
    """

    def __init__(
        self,
        source: str,
        address: Address,
        max_body_bytes: int,
        *,
        egress: Egress,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._source = source
        self._address = address
        self._guard = Guard(source, address.host, egress)
        self._max_body_bytes = max_body_bytes
        self._tls = (tls or tls_context()) if address.scheme == "https" else None
        self._idle: deque[Connection] = deque()
        """The one that was used last stands last."""
        self._open: set[Connection] = set()
        self._finding: asyncio.Task[_Found] | None = None
        self._closed = False

    async def exchange(self, request: bytes, *, repeatable: bool) -> Reply:
        """Send a request, on an idle connection where there is one.

        Args:
            request: the whole of it.
            repeatable: whether it may be sent twice. A server may close an idle connection in the moment in
                which a request is on its way; then nobody can tell whether it has read it.

        Raises:
            NotConnectedError, UpstreamForbidden: nothing was sent.
            BrokenConnectionError: the request may or may not have been served.
            UpstreamTooLarge, UpstreamBadData: the answer's body cannot be used.
        """
        connection = self._take()
        if connection is not None:
            try:
                reply = await connection.exchange(request)
            except BrokenConnectionError as error:
                if not (error.unanswered and repeatable):
                    raise
            else:
                self._give_back(connection)
                return reply
        connection = await self._connect()
        reply = await connection.exchange(request)
        self._give_back(connection)
        return reply

    async def close(self) -> None:
        """Close all connections. Calls under way break off."""
        self._closed = True
        self._idle.clear()
        for connection in self._open:
            connection.close()
        lost = [connection.lost for connection in self._open]
        if lost:
            await asyncio.wait(lost, timeout=_FAREWELL_SECONDS)
        for connection in self._open:
            connection.abort()

    def _take(self) -> Connection | None:
        idle = self._idle
        if not idle:
            return None
        oldest = asyncio.get_running_loop().time() - KEEP_SECONDS
        while idle and idle[0].idle_since < oldest:
            idle.popleft().close()
        while idle:
            connection = idle.pop()
            if connection.reusable:
                return connection
        return None

    def _give_back(self, connection: Connection) -> None:
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()

    async def _connect(self) -> Connection:
        sock = await self._connected_socket()
        tls = self._tls
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self._source, self._max_body_bytes),
                sock=sock,
                ssl=tls,
                server_hostname=self._address.host if tls else None,
                ssl_shutdown_timeout=_FAREWELL_SECONDS if tls else None,
            )
        except OSError as error:
            sock.close()
            raise NotConnectedError("TLS failed" if tls else "connection broken") from error
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))
        if self._closed:
            connection.close()
            raise NotConnectedError("was closed")
        return connection

    async def _connected_socket(self) -> socket.socket:
        try:
            found = await self._find()
            # It connects to these and looks nothing up itself, so that what was judged is what is used.
            self._guard.admit(found)
            return await start_connection(found, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS)
        except (OSError, UnicodeError) as error:
            raise NotConnectedError("connection refused or host not found") from error

    async def _find(self) -> _Found:
        """The host's addresses, looked up once for all who ask meanwhile.

        Look-ups cannot be ended and share a few threads with all other upstreams' ones: where names are not
        answered for, the calls of one upstream would otherwise take them all.
        """
        finding = self._finding
        if finding is None:
            loop = asyncio.get_running_loop()
            host, port = self._address.host, self._address.port
            finding = self._finding = loop.create_task(
                loop.getaddrinfo(host, port, type=socket.SOCK_STREAM), context=contextvars.Context()
            )
            finding.add_done_callback(self._found)
        return await asyncio.shield(finding)

    def _found(self, finding: asyncio.Task[_Found]) -> None:
        self._finding = None
        # Those who wait may all be gone when it fails; asyncio would then log the error as never seen.
        if not finding.cancelled():
            finding.exception()
