"""What a WebSocket's protocol does its own way; all else is the connection's, whichever is spoken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from patchbay.server.transports.socket_messages import Kind, read, written

if TYPE_CHECKING:
    from patchbay.server.transports.socket_messages import Message

Errors: TypeAlias = Sequence[Mapping[str, Any]]


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol.

    Args:
        subprotocol: what a handshake calls it.
        kinds: the types of clients' messages, and what they are about.
        result_type: of a message with a result.
        error_payload: what is told of the errors that kept an operation from running.
        refusal_type: of the message that says why the socket is about to be closed; None: its code is enough.
        heartbeat: sent behind the acknowledgement, and regularly from then on; None: never.
        replaces: whether an operation takes the place of the one under way that has its id; else that is
            the end of the connection.
        answers_stop: whether a client is told `complete` of what it has stopped.
    """

    subprotocol: str
    kinds: Mapping[str, Kind]
    result_type: str
    error_payload: Callable[[Errors], Any]
    refusal_type: str | None = None
    heartbeat: str | None = None
    replaces: bool = False
    answers_stop: bool = False

    def read(self, text: str) -> Message:
        """A client's message. Raises MalformedMessageError."""
        return read(text, self.kinds)

    def result(self, id: str, payload: Any) -> str:
        """A result of an operation."""
        return written(self.result_type, id, payload)

    def error(self, id: str, errors: Errors) -> str:
        """The operation was not run, for these reasons. Nothing of it follows."""
        return written("error", id, self.error_payload(errors))

    def refusal(self, reason: str) -> str | None:
        """Why the socket is about to be closed, where the protocol has a message for it."""
        return None if self.refusal_type is None else written(self.refusal_type, payload={"message": reason})
