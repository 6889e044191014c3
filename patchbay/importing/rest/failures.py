"""Replies that tell of no success, as errors with what the document declares of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.calls import require_success
from patchbay.errors import UpstreamError, UpstreamUnavailable
from patchbay.importing.details import PROBLEM, declared, detail_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.calls import Reply
    from patchbay.importing.details import Shape
    from patchbay.importing.model import ErrorAnswer, Model, Operation

MAX_ERROR_BYTES: Final = 64 * 1024
"""Of a body that is looked into."""

_PROBLEM_JSON: Final = "application/problem+json"


class Failures:
    """What tells of one operation's failures.

    Args:
        model: of the upstream.
        operation: whose.
    """

    __slots__ = ("_model", "_operation", "_shapes", "_statuses")

    def __init__(self, model: Model, operation: Operation) -> None:
        self._model = model
        self._operation = operation
        self._statuses = frozenset(operation.rest.statuses if operation.rest is not None else ())
        self._shapes: dict[str, Shape] = {}

    def require_success(self, reply: Reply, withheld: Sequence[str] = ()) -> None:
        """Turn a status that tells of no success into its error.

        Args:
            reply: of whatever status.
            withheld: texts that no client may see.

        Raises:
            UpstreamUnavailable, UpstreamQuota, UpstreamRefused: see patchbay.calls.require_success.
        """
        if 200 <= reply.status < 300 or str(reply.status) in self._statuses:  # noqa: PLR2004 - the class 2xx
            return
        try:
            require_success(self._model.name, reply)
        except UpstreamError as error:
            if isinstance(error, UpstreamUnavailable):
                error.status = reply.status
            # What is said of our own credentials is not for clients.
            if reply.status != HTTPStatus.UNAUTHORIZED:
                error.detail = self._detail(reply, withheld)
            raise

    def _detail(self, reply: Reply, withheld: Sequence[str]) -> dict[str, object] | None:
        kind = reply.headers.get("content-type", "").lower()
        if "json" not in kind or not 0 < len(reply.body) <= MAX_ERROR_BYTES:
            return None
        shape = self._shape(str(reply.status))
        if kind.startswith(_PROBLEM_JSON):
            shape = {**PROBLEM, **shape}
        if not shape:
            return None
        try:
            body: Any = msgspec.json.decode(reply.body)
        except (ValueError, RecursionError):
            return None
        return detail_of(body, shape, withheld)

    def _shape(self, status: str) -> Shape:
        """What is declared of a status; made when it is met first."""
        if status not in self._shapes:
            answer = self._declared(status)
            self._shapes[status] = declared(self._model, answer.type) if answer is not None else {}
        return self._shapes[status]

    def _declared(self, status: str) -> ErrorAnswer | None:
        by_status = {each.status.upper(): each for each in self._operation.errors}
        for name in (status, f"{status[0]}XX", "DEFAULT"):
            if name in by_status:
                return by_status[name]
        return None
