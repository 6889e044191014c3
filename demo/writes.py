"""POST of the services that only write: a JSON body in, a row out, once for each `Idempotency-Key`.

201 with the row, and with `Idempotent-Replayed: true` where it had happened before; 400 for a body that is
not JSON or a key that cannot be one, 422 for a body of another shape, or another one than was sent first with
the key.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from demo import answers
from demo.once import KEY_CHARACTERS_MAX, KeyReused, Once

Body = TypeVar("Body", bound=msgspec.Struct)
Row = TypeVar("Row", bound=msgspec.Struct)


class Writes(Generic[Body, Row]):
    """What one service writes; `make` turns a body into the row of that number, made at that time."""

    def __init__(self, body: type[Body], make: Callable[[Body, int, datetime], Row]) -> None:
        self._body = body
        self._make = make
        self._once: Once[Body, Row] = Once()

    def happened(self) -> list[Row]:
        """All rows, oldest first."""
        return self._once.happened

    async def post(self, request: Request) -> Response:
        """The route's endpoint."""
        key = _key(request)
        asked = await answers.body(request, self._body)
        try:
            done = self._once.do(key, asked, lambda number: self._make(asked, number, _now()))
        except KeyReused as error:
            raise HTTPException(422, "The Idempotency-Key was used with another body.") from error
        answer = answers.json(done.row, 201)
        if done.replayed:
            answer.headers["idempotent-replayed"] = "true"
        return answer


def _key(request: Request) -> str | None:
    """The Idempotency-Key; None without one, 400 where it is empty or too long."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= KEY_CHARACTERS_MAX:
        raise HTTPException(400, f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} characters.")
    return key


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
