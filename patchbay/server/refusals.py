"""Refusals: requests that no operation is run for, as any transport tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from patchbay.server.cache_policy import NO_STORE
from patchbay.server.correlation import internal_error
from patchbay.server.security_headers import ANSWER_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLError

    from patchbay.errors import PatchbayError

    Headers = Sequence[tuple[bytes, bytes]]

CODES = {
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
"""HTTP status of a refusal -> its code; BAD_REQUEST for any other."""

JSON = "application/json"


class Refusal(Exception):
    """Nothing is run.

    Args:
        status: HTTP's.
        errors: in GraphQL's shape, each with a code.
        headers: of the response.
        is_graphql: whether the request is a well-formed one of GraphQL's, and its document is what is wrong.
            Clients that ask for application/json alone then get a 200, as they always have.
    """

    def __init__(
        self,
        status: int,
        errors: Sequence[Mapping[str, Any]],
        headers: Headers = (),
        *,
        is_graphql: bool = False,
    ) -> None:
        super().__init__(str(errors[0]["message"]))
        self.status = status
        self.errors = [dict(error) for error in errors]
        self.headers = tuple(headers)
        self.is_graphql = is_graphql


def refused(
    status: int,
    message: str,
    *,
    code: str | None = None,
    headers: Headers = (),
    is_graphql: bool = False,
) -> Refusal:
    """A refusal with one error of our own; see Refusal."""
    error = {"message": message, "extensions": {"code": code or CODES.get(status, "BAD_REQUEST")}}
    return Refusal(status, [error], headers, is_graphql=is_graphql)


def refused_for(error: PatchbayError) -> Refusal:
    """What an error on the way to an operation is told as. It may say more than its code.

    `status` is HTTP's, 400 without it; `retry_after_seconds` and `challenge` become headers; `is_graphql` is
    Refusal's.
    """
    headers: list[tuple[bytes, bytes]] = []
    seconds = getattr(error, "retry_after_seconds", None)
    if seconds is not None:
        headers.append((b"retry-after", str(max(1, round(seconds))).encode()))
    challenge = getattr(error, "challenge", None)
    if challenge is not None:
        headers.append((b"www-authenticate", str(challenge).encode("latin-1")))
    told = {"message": str(error), "extensions": error.extensions}
    is_graphql = getattr(error, "is_graphql", False)
    return Refusal(getattr(error, "status", 400), [told], headers, is_graphql=is_graphql)


def refused_document(errors: Sequence[GraphQLError]) -> Refusal:
    """A document that is none, does not fit the schema or its variables.

    Args:
        errors: as clients may see them.
    """
    return Refusal(400, [dict(error.formatted) for error in errors], is_graphql=True)


def broken(error: Exception) -> Refusal:
    """What is told where a request has broken the server; the log has the cause, under the same number."""
    told = {
        "message": "the server could not answer this request",
        "extensions": internal_error("unexpected_error", error),
    }
    return Refusal(503, [told])


def refusal(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response to a request that is no GraphQL request: one error in GraphQL's shape."""
    pairs = tuple((name.lower().encode(), value.encode()) for name, value in (headers or {}).items())
    return refusal_response(refused(status, message, code=code, headers=pairs))


def refusal_response(told: Refusal, *, media_type: str = JSON, status: int | None = None) -> Response:
    """A refusal as a response, never kept by anybody."""
    status = told.status if status is None else status
    response = Response(
        orjson.dumps({"errors": told.errors}), status, media_type=f"{media_type}; charset=utf-8"
    )
    response.raw_headers += [*ANSWER_HEADERS, *NO_STORE, *told.headers]
    return response
