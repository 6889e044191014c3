"""What the server tells of reactions, and what operators do with them over HTTP.

    GET  /health/reactions                  how many are in each state, but for those that are done
    GET  /inbox/reactions                   ?state= &before=<id> &most=
    GET  /inbox/reactions/{id}
    POST /inbox/reactions/{id}/retry        try the step that failed or is in doubt again, and go on
    POST /inbox/reactions/{id}/resolve      {"done": <its result>, "step": name}: it has happened; go on

Those under /inbox as the others there, see patchbay.server.operators; 409 for a reaction in no state for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, Response
from starlette import status

from patchbay.errors import InputError
from patchbay.inbox import InboxUnavailable
from patchbay.inbox.reaction_desk import MAX_PAGE, ReactionReport, ReactionState
from patchbay.server.operator_access import OperatorAccess, Refused

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.requests import Request

    from patchbay.environment import Secret
    from patchbay.inbox.reaction_desk import ReactionDesk

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a list is asked with."""

    state: ReactionState | None = None
    before: Id | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)] = 50


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a step: its result, and which one it is; None for the first that is not done."""

    done: msgspec.Raw
    step: str | None = None


def reactions_health_router(desk: ReactionDesk) -> APIRouter:
    """The route under /health: 503 where nobody can say."""
    router = APIRouter(prefix="/health", include_in_schema=False)

    @router.get("/reactions")
    async def reactions(response: Response) -> dict[str, int]:
        try:
            return await desk.counts()
        except InboxUnavailable:
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
            return {}

    return router


def reactions_router(desk: ReactionDesk, token: Secret) -> APIRouter:
    """The routes under /inbox/reactions.

    Args:
        desk: over a database that is open while requests are served.
        token: PATCHBAY_OPERATOR_TOKEN.
    """
    routes, access = _Routes(desk), OperatorAccess(token)
    router = APIRouter()
    for method, path, handle in (
        ("GET", "", routes.list),
        ("GET", "/{id}", routes.show),
        ("POST", "/{id}/retry", routes.retry),
        ("POST", "/{id}/resolve", routes.resolve),
    ):
        router.add_route(
            f"/inbox/reactions{path}", access.guarded(handle), methods=[method], include_in_schema=False
        )
    return router


class _Routes:
    """See reactions_router."""

    def __init__(self, desk: ReactionDesk) -> None:
        self._desk = desk

    async def list(self, request: Request) -> dict[str, Any]:
        """Newest first; `next` is the `before` of the next page, None where this one is not full."""
        try:
            asked = msgspec.convert(dict(request.query_params), Listed, strict=False)
        except msgspec.ValidationError as error:
            raise _bad(error) from error
        found = await self._desk.list(asked.state, before=asked.before, most=asked.most)
        return {"reactions": found, "next": found[-1].id if len(found) == asked.most else None}

    async def show(self, request: Request) -> ReactionReport:
        """One reaction."""
        report = await self._desk.show(_id(request))
        if report is None:
            raise _unknown()
        return report

    async def retry(self, request: Request) -> ReactionReport:
        """Have a step tried again."""
        await self.show(request)
        return await _allowed(self._desk.again(_id(request)))

    async def resolve(self, request: Request) -> ReactionReport:
        """Say that a step has happened."""
        await self.show(request)
        try:
            told = msgspec.json.decode(await request.body(), type=Resolution)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise _bad(error) from error
        return await _allowed(self._desk.resolve(_id(request), bytes(told.done), step=told.step))


async def _allowed(change: Coroutine[Any, Any, ReactionReport]) -> ReactionReport:
    try:
        return await change
    except InputError as error:
        if error.argument == "id":
            raise Refused(status.HTTP_409_CONFLICT, str(error)) from error
        raise


def _id(request: Request) -> int:
    try:
        return msgspec.convert(request.path_params["id"], Id, strict=False)
    except msgspec.ValidationError as error:
        raise _unknown() from error


def _bad(error: Exception) -> Refused:
    return Refused(status.HTTP_400_BAD_REQUEST, f"the request cannot be understood: {error}")


def _unknown() -> Refused:
    return Refused(status.HTTP_404_NOT_FOUND, "there is no such reaction")
