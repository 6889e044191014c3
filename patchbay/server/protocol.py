"""HTTP as uvicorn speaks it, with the door before everything else.

What is refused is answered as soon as its head has been read: without a task, an ASGI scope or a look at its
body. An overloaded server refuses several requests for each that it takes, so that this is what decides how
many it can take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from patchbay.server.answer import BUSY

if TYPE_CHECKING:
    from uvicorn import Config

    from patchbay.server.answer import Answer
    from patchbay.server.door import Door


class DoorProtocol(HttpToolsProtocol):
    """One connection. The application's `state` has the `door` and the `graphql_path`."""

    def __init__(self, config: Config, *others: Any, **named: Any) -> None:
        super().__init__(config, *others, **named)
        state = config.app.state  # type: ignore[union-attr] # it is a FastAPI
        self._door: Door = state.door
        self._refused_url: bytes = state.graphql_path.encode()
        self._is_refused = False

    def on_headers_complete(self) -> None:
        """A request's head has been read."""
        if self._has_to_be_refused():
            self._is_refused = True
            keeps = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
            self.transport.write(_BUSY if keeps else _BUSY_AND_CLOSED)
            if not keeps:
                self.transport.close()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a request's body."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has been read to its end."""
        if self._is_refused:
            self._is_refused = False
            self.on_response_complete()
        else:
            super().on_message_complete()

    def _has_to_be_refused(self) -> bool:
        """Whether it is an operation that nobody takes. All others are left to the application."""
        return (
            self.url == self._refused_url
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)  # type: ignore[redundant-expr] # None at first
            and not self.expect_100_continue
            and self._door.refuses()
        )


def _on_the_wire(answer: Answer, *more: tuple[bytes, bytes]) -> bytes:
    lines = [b"%s: %s\r\n" % header for header in (*answer.headers, *more)]
    return b"HTTP/1.1 %d Service Unavailable\r\n%s\r\n%s" % (answer.status, b"".join(lines), answer.body)


_BUSY = _on_the_wire(BUSY)
_BUSY_AND_CLOSED = _on_the_wire(BUSY, (b"connection", b"close"))
