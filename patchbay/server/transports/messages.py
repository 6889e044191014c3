"""What clients send, read: JSON that may be anything, and the shape of an operation."""

from __future__ import annotations

from typing import Any

import orjson

_PROBLEMS = (
    ("depth limit", "is nested too deeply"),
    ("infinity", "holds a number that is too large"),
)
"""Words of orjson's -> ours. Its decoder counts levels by itself, and never runs out of stack."""


def decoded_json(data: str | bytes, what: str = "the body") -> Any:
    """Any JSON value.

    Args:
        data: as it came.
        what: the beginning of the sentence about what is wrong.

    Raises:
        ValueError: what is wrong, as one sentence that quotes nothing.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        known = (ours for words, ours in _PROBLEMS if words in error.msg)
        problem = next(known, "is not valid JSON" if isinstance(data, str) else "is not valid JSON in UTF-8")
        raise ValueError(f"{what} {problem}") from error


def checked_envelope(value: Any) -> dict[str, Any]:
    """A body that is one operation, with members of the right types as far as clients get them wrong.

    Raises:
        ValueError: what is wrong, as one sentence.
    """
    problem = None
    if isinstance(value, list):
        problem = "batches of operations are not enabled"
    elif not isinstance(value, dict):
        problem = "the body must be a JSON object with a member 'query'"
    else:
        problem = next((sentence for sentence in map(_member_problem, value.items()) if sentence), None)
    if problem is not None:
        raise ValueError(problem)
    envelope: dict[str, Any] = value
    return envelope


def _member_problem(member: tuple[str, Any]) -> str | None:
    name, value = member
    if name in ("query", "operationName") and not isinstance(value, str | None):
        return f"'{name}' must be a string or null"
    if name in ("variables", "extensions") and not isinstance(value, dict | None):
        return f"'{name}' must be an object or null"
    return None
