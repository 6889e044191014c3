"""The messages of graphql-transport-ws: those of clients are read, and those of the server written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from patchbay.server.refusals import Refusal
from patchbay.server.transports.asked import asked_in

if TYPE_CHECKING:
    from patchbay.server.transports.asked import Asked

INIT: Final = "connection_init"
PING: Final = "ping"
PONG: Final = "pong"
SUBSCRIBE: Final = "subscribe"
COMPLETE: Final = "complete"

ACK_TEXT: Final = '{"type":"connection_ack"}'

_TYPES: Final = (INIT, PING, PONG, SUBSCRIBE, COMPLETE)
_WITH_ID: Final = (SUBSCRIBE, COMPLETE)


class MalformedMessageError(Exception):
    """It is no message of the protocol; the text says why, and quotes nothing of it."""


class Message(msgspec.Struct, frozen=True):
    """One message of a client's.

    Args:
        type: one of the protocol's.
        id: of `subscribe` and `complete`; empty of all others.
        payload: an object, if there is one.
        asked: the operation of `subscribe`.
    """

    type: str
    id: str = ""
    payload: dict[str, Any] | None = None
    asked: Asked | None = None


def read(text: str) -> Message:
    """A client's message. Raises MalformedMessageError."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise MalformedMessageError("the message is not valid JSON") from None
    if not isinstance(value, dict):
        raise MalformedMessageError("a message is a JSON object")
    type_, id, payload = value.get("type"), value.get("id"), value.get("payload")
    if not isinstance(type_, str):
        raise MalformedMessageError("a message has a 'type', a string")
    if type_ not in _TYPES:
        raise MalformedMessageError("a client's messages are " + ", ".join(_TYPES))
    if not isinstance(payload, dict | None):
        raise MalformedMessageError("the 'payload' must be an object")
    if type_ not in _WITH_ID:
        return Message(type_, payload=payload)
    if not isinstance(id, str) or not id:
        raise MalformedMessageError(f"'{type_}' has an 'id', a string that is not empty")
    return Message(type_, id, payload, _asked(payload) if type_ == SUBSCRIBE else None)


def _asked(payload: dict[str, Any] | None) -> Asked:
    if payload is None:
        raise MalformedMessageError("'subscribe' has a 'payload', an object")
    try:
        asked = asked_in(payload)
    except Refusal as told:
        raise MalformedMessageError(str(told)) from told
    if asked.query is None and asked.document_id is None and not asked.extensions:
        raise MalformedMessageError("the payload of 'subscribe' has a 'query', a string")
    return asked


def written(type_: str, id: str | None = None, payload: Any = None) -> str:
    """A message of the server's. Text, as clients refuse binary frames."""
    message: dict[str, Any] = {"type": type_}
    if id is not None:
        message["id"] = id
    if payload is not None:
        message["payload"] = payload
    return orjson.dumps(message).decode()
