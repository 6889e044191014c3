"""What the REST services share: JSON from records, problems as RFC 9457 writes them, checks of parameters."""

import os
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

Row = TypeVar("Row")
Body = TypeVar("Body", bound=msgspec.Struct)


def required(name: str) -> str:
    """The environment variable `name`; ends the process with one sentence when it is missing."""
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"The environment variable {name} is missing.")
    return value


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in time that does not depend on where they differ."""
    return secrets.compare_digest(given.encode(), expected.encode())


def json(value: Any, status: int = 200) -> Response:
    """`value` (records, lists, dicts) as a JSON answer; times are ISO 8601 in UTC."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def problem(request: Request, error: Exception) -> Response:
    """An HTTPException as `application/problem+json`."""
    if not isinstance(error, HTTPException):
        raise error
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": error.detail,
        "instance": request.url.path,
    }
    return Response(
        msgspec.json.encode(body),
        error.status_code,
        headers=error.headers,
        media_type="application/problem+json",
    )


async def body(request: Request, kind: type[Body]) -> Body:
    """The request's body as JSON of that kind; 400 where it is not JSON, 422 where it is of another shape."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.ValidationError as error:
        raise HTTPException(422, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(400, "The body is not JSON.") from error


def number(request: Request, name: str, default: int, most: int | None = None) -> int:
    """The query parameter `name` as an integer of 0 to `most`; 400 otherwise."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < len("1000000000")):
        raise HTTPException(400, f"{name} is not a whole number of 0 or more.")
    if most is not None and int(text) > most:
        raise HTTPException(400, f"{name} is at most {most}.")
    return int(text)


def keys(request: Request, name: str, most: int) -> list[str]:
    """The query parameter `name`, split at commas, each once, last asked first; 400 above `most`."""
    asked = list(dict.fromkeys(each for each in request.query_params.get(name, "").split(",") if each))
    if len(asked) > most:
        raise HTTPException(400, f"At most {most} {name} in one request.")
    return asked[::-1]


def page(rows: Sequence[Row], offset: int, limit: int) -> Sequence[Row]:
    """`limit` rows from `offset` on."""
    return rows[offset : offset + limit]
