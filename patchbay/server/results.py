"""Results, as they go to clients."""

from __future__ import annotations

from typing import Any

import msgspec

from patchbay.server.client_errors import client_error


class Result(msgspec.Struct):
    """One result, as it goes to the client.

    Args:
        payload: data, errors and extensions; of incremental delivery also what is pending, new and completed.
        cursor: of a subscription's update.
    """

    payload: dict[str, Any]
    cursor: str | None = None


def payload_of(result: Any) -> dict[str, Any]:
    """A result in the shape of a response; see Result."""
    if hasattr(result, "has_next"):
        return _frame(result)
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload


def _frame(result: Any) -> dict[str, Any]:
    """One result of incremental delivery, with errors as clients may see them."""
    for name in ("incremental", "completed"):
        for part in getattr(result, name, None) or ():
            if part.errors:
                part.errors[:] = [client_error(error, executed=True) for error in part.errors]
    frame: dict[str, Any] = result.formatted
    if not frame.get("extensions"):
        frame.pop("extensions", None)
    return frame
