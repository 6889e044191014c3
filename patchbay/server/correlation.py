"""What is told of something that broke: nothing but a number, under which the log has the cause.

The number is made when something breaks, once for an operation. A client that sends one of its own, as
`X-Request-Id` or in `traceparent`, finds that one in both places.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final

import structlog

from patchbay.scope import current_scope

if TYPE_CHECKING:
    from patchbay.scope import Scope

CODE: Final = "INTERNAL_SERVER_ERROR"
MESSAGE: Final = "internal error"

_OWN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE: Final = "0" * 32

_log = structlog.get_logger("patchbay.operations")


def correlation_id(scope: Scope) -> str:
    """The number of an operation, the same each time."""
    if scope.correlation_id is None:
        scope.correlation_id = _brought(scope) or secrets.token_hex(8)
    return scope.correlation_id


def internal_error(event: str, error: BaseException | None = None, **facts: Any) -> dict[str, Any]:
    """Log something that broke, and return the `extensions` of what is told of it.

    Args:
        event: the log line's.
        error: what it was, to the log alone; None where there is no exception.
        facts: more for the log.
    """
    number = correlation_id(current_scope())
    _log.error(event, correlation_id=number, exc_info=error, **facts)
    return {"code": CODE, "correlationId": number}


def _brought(scope: Scope) -> str | None:
    """The number that the client has sent, where it is one that can stand in a log."""
    own = scope.caller.header("x-request-id")
    if own is not None and _OWN.fullmatch(own):
        return own
    trace = _TRACE.fullmatch(scope.caller.header("traceparent") or "")
    return trace[1] if trace and trace[1] != _NO_TRACE else None
