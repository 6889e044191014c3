"""Errors as clients see them: always with a code, and never with a foreign exception's text.

GRAPHQL_PARSE_FAILED        the document is no GraphQL
GRAPHQL_VALIDATION_FAILED   the document does not fit the schema
BAD_USER_INPUT              a variable or an argument cannot be used
INTERNAL_SERVER_ERROR       something broke that should not; the log has the cause, under its `correlationId`
...                         and the codes of patchbay.errors
"""

from __future__ import annotations

from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError, StrawberryInputCoercionError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from patchbay.errors import PatchbayError
from patchbay.server import correlation

_log = structlog.get_logger("patchbay.operations")


def client_error(error: GraphQLError, *, executed: bool) -> GraphQLError:
    """The error as a client may see it.

    Args:
        error: as graphql-core made it.
        executed: whether the document was found good and execution began.
    """
    told = _told(error, executed=executed)
    _let_go(error)
    return told


def _told(error: GraphQLError, *, executed: bool) -> GraphQLError:
    cause = _root_cause(error)
    if isinstance(cause, PatchbayError) and cause.code != correlation.CODE:
        return error
    if isinstance(cause, StrawberryInputCoercionError):
        return _coded(error, error.message, "BAD_USER_INPUT")
    if error.path is None:
        return _request_error(error, cause, executed=executed)
    if cause is None and _is_about_the_document(error):
        return _coded(error, error.message, "BAD_USER_INPUT")
    # graphql-core's own texts about a value quote it, and it comes from an upstream.
    event = "value_does_not_fit_the_schema" if cause is None else "unexpected_error"
    return _with(error, correlation.MESSAGE, correlation.internal_error(event, cause, path=error.path))


def _is_about_the_document(error: GraphQLError) -> bool:
    """Whether graphql-core raised it about an argument or a directive, which it then points at."""
    inner = error.original_error
    return isinstance(inner, GraphQLError) and bool(inner.nodes)


def _request_error(error: GraphQLError, cause: BaseException | None, *, executed: bool) -> GraphQLError:
    """An error in the request itself: it stands at no path of the answer."""
    if isinstance(cause, CannotGetOperationTypeError):
        return _coded(error, cause.as_http_error_reason(), "BAD_REQUEST")
    if isinstance(cause, InvalidOperationTypeError | MissingQueryError):
        return _coded(error, "there is no operation that can be run this way", "BAD_REQUEST")
    if isinstance(error, GraphQLSyntaxError):
        return _coded(error, error.message, "GRAPHQL_PARSE_FAILED")
    if isinstance(cause, RecursionError):
        return _coded(error, "the document is nested too deeply", "GRAPHQL_PARSE_FAILED")
    if cause is None:
        return _coded(error, error.message, "BAD_USER_INPUT" if executed else "GRAPHQL_VALIDATION_FAILED")
    _log.warning("document_broke_validation", exc_info=cause)
    return _coded(error, "the document holds a value that cannot be read", "GRAPHQL_VALIDATION_FAILED")


def _let_go(error: BaseException) -> None:
    """Drop the frames that an error was raised in, which has been logged where need be.

    They hold the operation's run, and the run holds its errors. Such circles wait for the collector, which
    then stops everything for as long as it looks through those of a thousand operations.
    """
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is not None and each.__traceback__ is not None:
            each.__traceback__ = None
            pending += (each.__cause__, each.__context__, getattr(each, "original_error", None))


def _root_cause(error: GraphQLError) -> BaseException | None:
    """The first exception in the chain that is not graphql-core's own."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _coded(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return _with(error, message, {**(error.extensions or {}), "code": code})


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
