"""The messages of WebSockets: those of clients are read, and those of the server written.

The protocols have the same messages under other names. Which names, a protocol's dialect says.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from patchbay.server.refusals import Refusal
from patchbay.server.transports.asked import asked_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.server.transports.asked import Asked

ACK_TEXT: Final = '{"type":"connection_ack"}'


class Kind(Enum):
    """What a client's message is about."""

    INIT = auto()
    """Who asks."""
    START = auto()
    """An operation."""
    STOP = auto()
    """The client wants no more of an operation."""
    PING = auto()
    PONG = auto()
    TERMINATE = auto()
    """The client is about to leave."""


_WITH_ID: Final = (Kind.START, Kind.STOP)


class MalformedMessageError(Exception):
    """It is no message of the protocol; the text says why, and quotes nothing of it."""


class Message(msgspec.Struct, frozen=True):
    """One message of a client's.

    Args:
        kind: what it is about.
        id: of the operation that is started or stopped; empty of all others.
        payload: an object, if there is one.
        asked: the operation that is started.
    """

    kind: Kind
    id: str = ""
    payload: dict[str, Any] | None = None
    asked: Asked | None = None


def read(text: str, kinds: Mapping[str, Kind]) -> Message:
    """A client's message. Raises MalformedMessageError.

    Args:
        text: as it came.
        kinds: the types that clients may send, and what they are about.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise MalformedMessageError("the message is not valid JSON") from None
    if not isinstance(value, dict):
        raise MalformedMessageError("a message is a JSON object")
    type_, id, payload = value.get("type"), value.get("id"), value.get("payload")
    if not isinstance(type_, str):
        raise MalformedMessageError("a message has a 'type', a string")
    kind = kinds.get(type_)
    if kind is None:
        raise MalformedMessageError("a client's messages are " + ", ".join(kinds))
    if not isinstance(payload, dict | None):
        raise MalformedMessageError("the 'payload' must be an object")
    if kind not in _WITH_ID:
        return Message(kind, payload=payload)
    if not isinstance(id, str) or not id:
        raise MalformedMessageError(f"'{type_}' has an 'id', a string that is not empty")
    return Message(kind, id, payload, _asked(type_, payload) if kind is Kind.START else None)


def _asked(type_: str, payload: dict[str, Any] | None) -> Asked:
    if payload is None:
        raise MalformedMessageError(f"'{type_}' has a 'payload', an object")
    try:
        asked = asked_in(payload)
    except Refusal as told:
        raise MalformedMessageError(str(told)) from told
    if asked.query is None and asked.document_id is None and not asked.extensions:
        raise MalformedMessageError(f"the payload of '{type_}' has a 'query', a string")
    return asked


def written(type_: str, id: str | None = None, payload: Any = None) -> str:
    """A message of the server's. Text, as clients refuse binary frames."""
    message: dict[str, Any] = {"type": type_}
    if id is not None:
        message["id"] = id
    if payload is not None:
        message["payload"] = payload
    return orjson.dumps(message).decode()


def complete(id: str) -> str:
    """Nothing more comes of this operation; all protocols say it so."""
    return written("complete", id)
