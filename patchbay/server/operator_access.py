"""Who may do what operators do: whoever sends their token."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from starlette import status
from starlette.responses import Response

from patchbay.errors import ConfigurationError, InputError
from patchbay.inbox import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from patchbay.environment import Secret

_log = structlog.get_logger("patchbay.operators")


class Refused(Exception):
    """What is asked for cannot be done.

    Args:
        status_code: of HTTP.
        problem: a sentence for the operator.
        headers: of the answer.
    """

    def __init__(self, status_code: int, problem: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem)
        self.status_code = status_code
        self.headers = headers or {}


class OperatorAccess:
    """Guards routes: 401 without the token, JSON in any case, and never kept by anybody.

    Args:
        token: PATCHBAY_OPERATOR_TOKEN.
    """

    def __init__(self, token: Secret) -> None:
        self._token = token

    def guarded(
        self, handle: Callable[[Request], Awaitable[Any]], *, status_code: int = status.HTTP_200_OK
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that answers what `handle` returns, as JSON.

        Args:
            handle: raises Refused, InputError, ConfigurationError or InboxUnavailable.
            status_code: where it returns.
        """

        async def endpoint(request: Request) -> Response:
            try:
                self._require_token(request)
                return answer(await handle(request), status_code)
            except Refused as error:
                return answer({"error": str(error)}, error.status_code, error.headers)
            except (InputError, ConfigurationError) as error:
                return answer({"error": str(error)}, status.HTTP_400_BAD_REQUEST)
            except InboxUnavailable as error:
                _log.warning("operator_not_served", error=str(error), cause=repr(error.__cause__))
                headers = {"Retry-After": str(error.retry_after_seconds)}
                return answer({"error": str(error)}, status.HTTP_503_SERVICE_UNAVAILABLE, headers)

        return endpoint

    def _require_token(self, request: Request) -> None:
        offered = request.headers.getlist("authorization")
        scheme, _, token = (offered[0] if len(offered) == 1 else "").partition(" ")
        is_right = hmac.compare_digest(token.strip().encode("latin-1"), self._token.reveal().encode())
        if scheme.lower() != "bearer" or not is_right:
            problem = "the operators' token is missing or wrong"
            raise Refused(status.HTTP_401_UNAUTHORIZED, problem, {"WWW-Authenticate": "Bearer"})


def answer(value: Any, status_code: int, headers: dict[str, str] | None = None) -> Response:
    """As JSON, never kept."""
    return Response(
        msgspec.json.encode(value),
        status_code,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
