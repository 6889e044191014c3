"""What operators do with the inbox over HTTP, where PATCHBAY_OPERATOR_TOKEN is set.

    GET  /inbox/events                              ?upstream= &state= &type= &before=<seq> &most=
    GET  /inbox/events/{upstream}/{event}           ?body=true
    POST /inbox/events/{upstream}/{event}/replay
    GET  /inbox/counts                              by upstream, state and type
    POST /inbox/replay                              {"upstream", "state", "type"}: at least one of them
    POST /inbox/purge                               {"state", "upstream", "older_than_days"}
    POST /inbox/rebuild                             {"upstreams": [...]}, all where there are none; 202
    GET  /inbox/rebuild                             how far it is, or how the last one went

All with `Authorization: Bearer <token>`. Errors are {"error": sentence}: 400 for what cannot be understood,
401 without the token, 404 for an unknown event, 409 where another rebuild or a missing body is in the way,
503 with `Retry-After` where the database cannot say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter
from starlette import status

from patchbay.inbox.administration import PurgeState
from patchbay.inbox.listing import MAX_PAGE, EventFilter
from patchbay.inbox.options import MIN_KEEP_DAYS
from patchbay.inbox.presenting import details_as_json, run_as_json
from patchbay.server.operator_access import OperatorAccess, Refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from patchbay.environment import Secret
    from patchbay.inbox import Inbox

T = TypeVar("T")

DEFAULT_PAGE = 50

_EVENT = "/events/{upstream}/{event:path}"


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a list is asked with."""

    upstream: str | None = None
    state: str | None = None
    type: str | None = None
    before: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE


class Purge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be purged."""

    state: PurgeState
    upstream: str | None = None
    older_than_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = MIN_KEEP_DAYS


class RebuildOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose records are to be made anew; all where none is named."""

    upstreams: list[str] = []


def operator_router(inbox: Inbox, token: Secret) -> APIRouter:
    """The routes under /inbox.

    Args:
        inbox: open while requests are served.
        token: PATCHBAY_OPERATOR_TOKEN.
    """
    desk, access = _Desk(inbox), OperatorAccess(token)
    router = APIRouter()
    for method, path, handle, status_code in (
        ("GET", "/events", desk.events, status.HTTP_200_OK),
        ("POST", f"{_EVENT}/replay", desk.replay_one, status.HTTP_200_OK),
        ("GET", _EVENT, desk.event, status.HTTP_200_OK),
        ("GET", "/counts", desk.counts, status.HTTP_200_OK),
        ("POST", "/replay", desk.replay, status.HTTP_200_OK),
        ("POST", "/purge", desk.purge, status.HTTP_200_OK),
        ("POST", "/rebuild", desk.rebuild, status.HTTP_202_ACCEPTED),
        ("GET", "/rebuild", desk.last_rebuild, status.HTTP_200_OK),
    ):
        endpoint = access.guarded(handle, status_code=status_code)
        router.add_route(f"/inbox{path}", endpoint, methods=[method], include_in_schema=False)
    return router


class _Desk:
    """See operator_router."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._administration = inbox.administration

    async def events(self, request: Request) -> dict[str, Any]:
        """Newest first; `next` is the `before` of the next page, None where this one is not full."""
        asked = _converted(dict(request.query_params), Listed)
        wanted = _converted(
            {"upstream": asked.upstream, "state": asked.state, "type": asked.type}, EventFilter
        )
        events = await self._administration.events(wanted, before=asked.before, most=asked.most)
        return {"events": events, "next": events[-1].seq if len(events) == asked.most else None}

    async def event(self, request: Request) -> dict[str, Any]:
        """One event."""
        upstream, event = _name(request)
        details = await self._administration.event(upstream, event)
        if details is None:
            raise _unknown()
        return details_as_json(details, with_body=request.query_params.get("body") == "true")

    async def replay_one(self, request: Request) -> dict[str, int]:
        """Have one event applied again."""
        replayed = await self._administration.replay(*_name(request))
        if replayed == "unknown":
            raise _unknown()
        if replayed == "no body":
            raise Refused(status.HTTP_409_CONFLICT, "its body is no longer kept: there is nothing to apply")
        return {"replayed": 1}

    async def counts(self, request: Request) -> dict[str, Any]:
        """How many events there are."""
        del request
        return {"counts": await self._administration.counts()}

    async def replay(self, request: Request) -> dict[str, int]:
        """Have many events applied again."""
        wanted = await _body(request, EventFilter)
        if wanted == EventFilter():
            raise Refused(status.HTTP_400_BAD_REQUEST, "name upstream, state or type of those to replay")
        return {"replayed": await self._administration.replay_all(wanted)}

    async def purge(self, request: Request) -> dict[str, int]:
        """Clear events away."""
        asked = await _body(request, Purge)
        purged = await self._administration.purge(
            asked.state, upstream=asked.upstream, older_than_days=asked.older_than_days
        )
        return {"purged": purged}

    async def rebuild(self, request: Request) -> dict[str, Any]:
        """Begin a rebuild."""
        asked = await _body(request, RebuildOf)
        run = await self._administration.last_rebuild()
        if run is not None and run.state == "running":
            raise Refused(status.HTTP_409_CONFLICT, "another rebuild is under way")
        await self._inbox.rebuilds.start(asked.upstreams)
        return {"rebuild": run_as_json(await self._administration.last_rebuild())}

    async def last_rebuild(self, request: Request) -> dict[str, Any]:
        """How far it is."""
        del request
        return {"rebuild": run_as_json(await self._administration.last_rebuild())}


def _name(request: Request) -> tuple[str, str]:
    return request.path_params["upstream"], request.path_params["event"]


async def _body(request: Request, shape: type[T]) -> T:
    """The request's JSON; an empty body is an empty object."""
    body = await request.body() or b"{}"
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _bad(error) from error


def _converted(values: dict[str, Any], shape: type[T]) -> T:
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _bad(error) from error


def _bad(error: Exception) -> Refused:
    return Refused(status.HTTP_400_BAD_REQUEST, f"the request cannot be understood: {error}")


def _unknown() -> Refused:
    return Refused(status.HTTP_404_NOT_FOUND, "there is no such event")
