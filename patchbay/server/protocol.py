"""HTTP as uvicorn speaks it, with the door before everything else, and limits before the door.

What is refused is answered as soon as its head has been read: without a task, an ASGI scope or a look at its
body. An overloaded server refuses several requests for each that it takes, so that this is what decides how
many it can take.

A request that passes a limit of the wire, or is none, ends its connection: nobody can say where the next one
begins. It gets its answer still, and what came before it on the connection gets its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from patchbay.server.answer import BUSY
from patchbay.server.wire import (
    HEADERS_TOO_LARGE,
    LINGER_SECONDS,
    MALFORMED,
    MOST_HEADERS,
    TOO_SLOW,
    URL_TOO_LONG,
    WRONG_HOST,
    WireLimits,
    is_host,
    on_the_wire,
    size_of,
)

if TYPE_CHECKING:
    import asyncio

    from uvicorn import Config

    from patchbay.server.door import Door

# What of a request has come, and is not whole yet.
_NOTHING: Final = 0
_HEAD: Final = 1
_BODY: Final = 2

_BUSY = on_the_wire(BUSY)
_BUSY_AND_CLOSED = on_the_wire(BUSY, (b"connection", b"close"))


class _Refused(Exception):
    """Stops the parser."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


class DoorProtocol(HttpToolsProtocol):
    """One connection.

    The application's `state` has the `door` and the `graphql_path`, and `wire_limits` where they are not the
    usual ones.
    """

    def __init__(self, config: Config, *others: Any, **named: Any) -> None:
        super().__init__(config, *others, **named)
        state = config.app.state  # type: ignore[union-attr] # it is a FastAPI
        self._door: Door = state.door
        self._refused_url: bytes = state.graphql_path.encode()
        self._has_origins: bool = getattr(state, "has_origins", False)
        self._limits: WireLimits = getattr(state, "wire_limits", None) or WireLimits()
        self._is_refused = False
        self._part = _NOTHING
        self._host: bytes | None = None
        # Of the piece that is read now; and of all but a request's first piece, since anything was handed on.
        self._piece_bytes = self._pending_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_deaf = self._is_draining = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """A client is there."""
        super().connection_made(transport)
        self._set_timer(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A piece of anything."""
        if self._is_deaf:
            return
        self._unset_keepalive_if_required()
        self._piece_bytes = len(data)
        if self._part is not _NOTHING:
            self._pending_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self._open_socket()
            return
        except httptools.HttpParserError as error:
            # Of a callback's error httptools makes one of its own.
            cause = error.__context__
            self._refuse(cause.answer if isinstance(cause, _Refused) else MALFORMED)
            return
        if self._part is not _NOTHING:
            self._look_at_rest()
        elif self._timer is None and self.timeout_keep_alive_task is None and self._is_idle():
            # Nothing but empty lines came, which may stand before a request.
            self._set_timer(self._limits.head_seconds)

    def _look_at_rest(self) -> None:
        """A request is not whole yet."""
        limits = self._limits
        if self._pending_bytes > limits.head_bytes:
            is_url = self._part is _HEAD and len(self.url) > limits.url_bytes
            self._refuse(URL_TOO_LONG if is_url else HEADERS_TOO_LARGE)
        elif self._timer is None:
            self._set_timer(limits.head_seconds if self._part is _HEAD else limits.body_seconds)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._part = _HEAD
        self._host = None
        self._pending_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is whole."""
        if self._part is _BODY:
            # One behind a chunked body: nobody has looked at it when the request was let in.
            return
        name = name.lower()
        if name == b"host":
            if self._host is not None or not is_host(value):
                raise _Refused(WRONG_HOST)
            self._host = value
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """A request's head has been read."""
        if self._timer is not None:
            self._stop_timer()
        self._check_head()
        if self._has_to_be_refused():
            self._part = _BODY
            self._is_refused = True
            keeps = (
                self.parser.get_http_version() != "1.0"
                and self.parser.should_keep_alive()
                and not self._is_draining
            )
            self.transport.write(_BUSY if keeps else _BUSY_AND_CLOSED)
            if not keeps:
                self.transport.close()
            return
        super().on_headers_complete()
        self._part = _BODY
        if self._is_draining and self.cycle is not None:
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        limits = self._limits
        if len(self.url) > limits.url_bytes:
            raise _Refused(URL_TOO_LONG)
        # What came in fewer bytes than are allowed need not be counted.
        is_large = self._piece_bytes + self._pending_bytes > limits.header_bytes
        if len(self.headers) > MOST_HEADERS or (is_large and size_of(self.headers) > limits.header_bytes):
            raise _Refused(HEADERS_TOO_LARGE)
        if self._host is None and self.parser.get_http_version() != "1.0":
            raise _Refused(WRONG_HOST)

    def on_body(self, body: bytes) -> None:
        """A part of a request's body."""
        self._pending_bytes = 0
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has been read to its end."""
        self._part = _NOTHING
        if self._timer is not None:
            self._stop_timer()
        if self._is_refused:
            self._is_refused = False
            self.on_response_complete()
        else:
            super().on_message_complete()

    def shutdown(self) -> None:
        """The server ends: this connection does with the request that is under way, or has begun to come."""
        self._is_draining = True
        if self._part is not _HEAD or self._is_deaf or not self._is_idle():
            super().shutdown()

    def _has_to_be_refused(self) -> bool:
        """Whether it is an operation that nobody takes. All others are left to the application."""
        return (
            self.url == self._refused_url
            and self.parser.get_method() == b"POST"
            and self._is_idle()
            and not self.expect_100_continue
            # A page of another origin reads a refusal only with the headers that the application adds.
            and not (self._has_origins and any(name == b"origin" for name, _ in self.headers))
            and self._door.refuses()
        )

    def _is_idle(self) -> bool:
        """Whether the application has answered all that it was given."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # None at first

    def _open_socket(self) -> None:
        """Hand the connection on to the protocol of WebSockets."""
        self.handle_websocket_upgrade()
        # Of a head that it cannot read it says nothing, and waits.
        socket: Any = self.transport.get_protocol()
        if socket.conn.handshake_exc is not None:
            self.transport.write(MALFORMED)
            self.transport.close()

    def _refuse(self, answer: bytes) -> None:
        """Say so, and end the connection when what came before has been answered."""
        self._is_deaf = True
        self._stop_timer()
        if self._part is _BODY:
            if self._is_refused or self.cycle.response_started or self.pipeline:
                self.transport.close()
                return
            # The application has the request, and will not get the rest of it.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif not self._is_idle():
            self.cycle.keep_alive = False
            return
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _set_timer(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._is_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_late(self) -> None:
        self._timer = None
        if self.flow.read_paused:
            # It is not the client that keeps the rest from coming.
            self._set_timer(self._limits.body_seconds)
        elif self._part is _NOTHING:
            self.transport.close()
        else:
            self._refuse(TOO_SLOW)
