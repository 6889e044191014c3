"""The shape of what clients send: a request's body, and a message of the WebSocket."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson


class _Subscribe(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    extensions: dict[str, Any] | None = None


def checked_envelope(value: Any) -> dict[str, Any]:
    """A body that is one operation; its `query`, `variables` and `extensions` are left to Strawberry.

    Raises:
        ValueError: what is wrong, as one sentence.
    """
    problem = None
    if isinstance(value, list):
        problem = "batches of operations are not enabled"
    elif not isinstance(value, dict):
        problem = "the body must be a JSON object with a member 'query'"
    elif not isinstance(value.get("operationName"), str | None):
        problem = "'operationName' must be a string or null"
    if problem is not None:
        raise ValueError(problem)
    envelope: dict[str, Any] = value
    return envelope


def checked_message(text: str | bytes) -> dict[str, Any]:
    """A message of graphql-transport-ws, as far as Strawberry relies on its shape.

    Raises:
        orjson.JSONDecodeError: it is no such message. Strawberry closes the socket with 4400 on this error
            alone; any other would break the connection without a word.
    """
    message = orjson.loads(text)
    problem = _problem(message)
    if problem is not None:
        raise orjson.JSONDecodeError(problem, "", 0)
    if message.get("payload", message) is None:
        # null is a payload left out, which some clients send with connection_init.
        del message["payload"]
    return dict(message)


def _problem(message: Any) -> str | None:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "a message is an object with a type"
    if message["type"] in ("subscribe", "complete") and not isinstance(message.get("id"), str):
        return "its id must be a string"
    if message["type"] == "subscribe":
        try:
            msgspec.convert(message.get("payload"), _Subscribe)
        except msgspec.ValidationError as error:
            return str(error)
    return None
