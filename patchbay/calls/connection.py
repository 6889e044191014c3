"""One connection to an upstream: HTTP/1.1, one call at a time, the answer parsed as it arrives.

llhttp, the parser of Node.js, reads the answer in C (through httptools). Nothing here follows a redirect,
keeps a cookie, asks a proxy, logs or repeats a call.
"""

from __future__ import annotations

import asyncio
from typing import cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from patchbay.calls.body import Body
from patchbay.calls.call import Reply
from patchbay.errors import UpstreamError

MAX_HEAD_BYTES = 64 * 1024
"""Of status line and headers, informational answers before them included."""

_OVERHEAD_PER_BODY_BYTE = 8
"""What chunked transfer may add for each byte of the body: six where every chunk holds one."""

_FIRST_FINAL_STATUS = 200


class BrokenConnectionError(Exception):
    """The connection ended, or stopped to speak HTTP, before the answer was whole.

    Args:
        unanswered: not one byte of an answer had come.
    """

    def __init__(self, *, unanswered: bool) -> None:
        super().__init__()
        self.unanswered = unanswered


class Connection(asyncio.Protocol):
    """An open connection.

    Args:
        source: the upstream's name.
        max_body_bytes: of an answer, after decompression.

    Attributes:
        reusable: whether another call may follow the last one.
        idle_since: when the last call ended, in the event loop's seconds.
        lost: done when the connection is closed.
    """

    def __init__(self, source: str, max_body_bytes: int) -> None:
        self.reusable = True
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._source = source
        self._max_body_bytes = max_body_bytes
        self._waiter: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport
        self._parser: HttpResponseParser
        self._reset()

    def _reset(self) -> None:
        self._headers: dict[str, str] = {}
        self._body: Body | None = None

    async def exchange(self, request: bytes) -> Reply:
        """Send a request and wait for its answer. Cancelled, or on an error, the connection is closed.

        Raises:
            BrokenConnectionError: there is no whole answer.
            UpstreamTooLarge, UpstreamBadData: its body cannot be used.
        """
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            # Old servers end lines with LF alone and put spaces behind a chunk's size. Neither can make two
            # answers of one here, as a connection on which more comes than one answer is not used again.
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._received = self._body_bytes = 0
        self._is_bodiless = request.startswith(b"HEAD ")
        self._reset()
        waiter: asyncio.Future[Reply] = self._loop.create_future()
        self._waiter = waiter
        self._transport.write(request)
        try:
            reply = await waiter
        except BaseException:
            self.abort()
            raise
        self.idle_since = self._loop.time()
        # An answer may come before the request has gone out whole, and what is left of it is still to come.
        self.reusable = self.reusable and not self._transport.get_write_buffer_size()
        return reply

    def close(self) -> None:
        """Close it. `lost` tells when that is done."""
        self.reusable = False
        self._transport.close()

    def abort(self) -> None:
        """Close it at once, without the farewell of TLS."""
        self.reusable = False
        self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls the methods below."""
        if self._waiter is None:
            # Nobody has asked: it would be taken for the answer of the next call.
            self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserCallbackError as error:
            self._fail(error.__context__ or error)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(error)
        else:
            if self._received > MAX_HEAD_BYTES + _OVERHEAD_PER_BODY_BYTE * self._body_bytes:
                self._fail(ValueError("headers, or what surrounds the chunks, are too large"))

    def connection_lost(self, exc: Exception | None) -> None:
        """End the call under way: an answer of no told length is whole now, any other is not."""
        self.reusable = False
        if not self.lost.done():
            self.lost.set_result(None)
        if self._waiter is not None:
            if exc is None and self._body is not None and _ends_with_connection(self._headers):
                try:
                    self.on_message_complete()
                except Exception as error:  # noqa: BLE001 - it goes to the caller
                    self._fail(error)
            else:
                self._fail(exc)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Another answer: after an informational one it is the one that counts."""
        if self._waiter is None:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer behind the body."""
        if self._body is None and self._waiter is not None:
            key, text = name.lower().decode("latin-1"), value.decode("latin-1")
            known = self._headers.get(key)
            self._headers[key] = text if known is None else f"{known}, {text}"

    def on_headers_complete(self) -> None:
        """Get ready for the body. Raises UpstreamBadData."""
        if self._waiter is not None and self._parser.get_status_code() >= _FIRST_FINAL_STATUS:
            encoding = self._headers.get("content-encoding", "")
            self._body = Body(self._source, self._max_body_bytes, encoding)
            if self._is_bodiless:
                # Its headers may tell the length of a body that does not come; the parser would wait for it.
                self.on_message_complete()
                self.reusable = False

    def on_body(self, piece: bytes) -> None:
        """A piece of the body. Raises UpstreamTooLarge, UpstreamBadData."""
        if self._body is not None and self._waiter is not None:
            self._body_bytes += len(piece)
            self._body.feed(piece)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it is an informational one. Raises UpstreamBadData."""
        if self._body is None or self._waiter is None:
            self._reset()
            return
        self.reusable = self.reusable and self._parser.should_keep_alive()
        reply = Reply(self._parser.get_status_code(), self._headers, self._body.whole())
        waiter, self._waiter = self._waiter, None
        if not waiter.done():
            waiter.set_result(reply)

    def _fail(self, error: BaseException | None) -> None:
        """End the call under way, if any, with this error or what it means."""
        self.reusable = False
        waiter, self._waiter = self._waiter, None
        if waiter is None or waiter.done():
            return
        if isinstance(error, UpstreamError):
            waiter.set_exception(error)
            return
        broken = BrokenConnectionError(unanswered=self._received == 0)
        broken.__cause__ = error
        waiter.set_exception(broken)


def _ends_with_connection(headers: dict[str, str]) -> bool:
    """Whether the end of the connection is the end of the body."""
    return "content-length" not in headers and "chunked" not in headers.get("transfer-encoding", "").lower()
