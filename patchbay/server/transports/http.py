"""GraphQL over HTTP, as its draft says: what is asked by GET and POST, and how the answer is told.

One JSON answer, or a stream of results: text/event-stream or multipart/mixed, whichever of them the client
likes best and the operation has a use for. Files come by POST, where they are taken. A browser that asks for
no operation gets GraphiQL.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from strawberry.types.graphql import OperationType

from patchbay.server.answer import answer_of
from patchbay.server.cache_policy import NO_STORE, cache_headers
from patchbay.server.csrf import CsrfGuard, ForgeableRequest, content_type_problem
from patchbay.server.graphiql import PAGE_HEADERS
from patchbay.server.presence import CLOSED_REQUEST, ClientGone, Presence
from patchbay.server.refusals import Refusal, broken, refusal_response, refused, refused_for
from patchbay.server.transports.asked import asked_by_parameters, asked_in, decoded
from patchbay.server.transports.batches import SUBSCRIBE_ADVICE, run_batch
from patchbay.server.transports.live import Live, LiveResponse
from patchbay.server.transports.multipart import answer_multipart
from patchbay.server.transports.negotiation import (
    EVENTS,
    HTML,
    JSON,
    ONE_RESULT,
    PARTS,
    UPDATES,
    WHOLE,
    best,
    best_named,
)
from patchbay.server.transports.sse import answer_sse, refuse_sse
from patchbay.server.transports.sse_single import SingleConnections, token_in
from patchbay.server.transports.uploads import Uploads

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from patchbay.caller import Caller
    from patchbay.server.admitted import Admitted
    from patchbay.server.service import Service
    from patchbay.server.transports.asked import Asked
    from patchbay.server.transports.uploads import Upload

COUNTED = "patchbay.counted"
"""Stands in the ASGI scope of a request that has been counted for its client's rate."""


class GraphQLHttp:
    """The ASGI application at the graph's path.

    Args:
        service: admits and runs operations.
        page: GraphiQL's HTML for browsers; None serves none.

    Attributes:
        live: the streams under way.
        uploads: reads forms with files; None where they are not taken.
    """

    def __init__(self, service: Service, page: str | None) -> None:
        self._service = service
        self._page = page
        self._csrf = CsrfGuard(service.settings.cors_origins) if service.settings.csrf_guard else None
        self.uploads = Uploads(service.settings, self._csrf) if service.settings.uploads else None
        self.live = Live()
        self._single = SingleConnections(service, self.live)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is wrong with it is told as JSON."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Refusal as told:
            response = _refused(told, request)
        except ClientGone:
            # Nobody receives it.
            response = Response(status_code=CLOSED_REQUEST)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - logged, and told as 503
            # The last net: even a request that breaks the server gets an answer, and the log gets the cause.
            response = refusal_response(broken(error))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.method:
            case "GET" | "HEAD":
                return await self._get(request)
            case "POST":
                return await self._post(request)
            case "PUT":
                caller = await self._caller(request)
                return self._single.reserve(caller, address=self._service.address(request.scope))
            case "DELETE" if token_in(request) is not None:
                caller = await self._caller(request)
                return self._single.stop(request, caller, token_in(request))
            case _:
                raise refused(
                    405,
                    "operations are sent by GET or POST",
                    headers=((b"allow", b"GET, POST, PUT, DELETE"),),
                )

    async def _get(self, request: Request) -> Response:
        token = token_in(request)
        if token is not None and "query" not in request.query_params:
            return await self._single.stream(request, token)
        if not request.scope["query_string"] and _likes(request, (HTML, JSON)) == HTML:
            return await self._explorer(request)
        problem = None if self._csrf is None else self._csrf.refuses("GET", request.headers.raw)
        if problem is not None:
            # As JSON, whatever is accepted: no stream could say it with a status.
            return refusal_response(refused_for(ForgeableRequest(problem)))
        return await self._operate(request, asked_by_parameters(request.query_params), is_safe=True)

    async def _post(self, request: Request) -> Response:
        token = token_in(request)
        if token is not None and _likes(request, (JSON, EVENTS)) == EVENTS:
            return await self._single.stream(request, token)
        if self.uploads is not None and self.uploads.takes(request):
            return await self._upload(request, self.uploads)
        _require_json(request)
        content = decoded(await self._body(request))
        if isinstance(content, list) and self._service.settings.max_batch > 1:
            return await self._batch(request, content)
        return await self._operate(request, asked_in(content), is_safe=False)

    async def _upload(self, request: Request, uploads: Uploads) -> Response:
        """An operation with files. Who asks, and how often, is seen to before any file is let in."""
        uploads.check_head(request)
        caller = await self._counted(request)
        upload = await uploads.read(request)
        response: Response | None = None
        try:
            response = await self._admit(request, upload.asked, caller, is_safe=False, upload=upload)
            return response
        finally:
            # A stream goes on with the files.
            if not isinstance(response, LiveResponse):
                upload.place.leave()

    async def _explorer(self, request: Request) -> Response:
        """GraphiQL. Raises Refusal where it is not for this client, or for nobody."""
        audience = self._service.explorers
        if self._page is None or audience.is_nobody:
            raise refused(404, "there is no page here; operations are sent by POST")
        if not audience.is_everyone:
            caller = await self._caller(request)
            if not audience.admits(caller.identity):
                raise refused(403, "this page is not for everybody", code="FORBIDDEN")
        return HTMLResponse(self._page, headers=PAGE_HEADERS)

    async def _caller(self, request: Request) -> Caller:
        """Raises Refusal 401."""
        service = self._service
        return await service.identify(request.headers.raw, address=service.address(request.scope))

    async def _body(self, request: Request) -> bytes:
        """The whole body. Raises Refusal 413 at the cap."""
        most = self._service.settings.max_operation_bytes
        parts = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                headers = ((b"connection", b"close"),)
                raise refused(413, f"an operation has at most {most} bytes", headers=headers)
            parts.append(part)
        return b"".join(parts)

    async def _operate(self, request: Request, asked: Asked, *, is_safe: bool) -> Response:
        caller = await self._counted(request)
        token = token_in(request)
        if token is not None:
            address = self._service.address(request.scope)
            return await self._single.operate(request, asked, caller, token, address=address)
        return await self._admit(request, asked, caller, is_safe=is_safe)

    async def _counted(self, request: Request) -> Caller:
        """Who asks, and has been counted. Raises Refusal 401, 429."""
        caller = await self._caller(request)
        if COUNTED not in request.scope:
            self._service.count(caller, self._service.address(request.scope))
        return caller

    async def _admit(
        self, request: Request, asked: Asked, caller: Caller, *, is_safe: bool, upload: Upload | None = None
    ) -> Response:
        service = self._service
        address = service.address(request.scope)
        try:
            admitted = service.admit_inside(asked, caller, address=address, is_safe=is_safe)
            if upload is not None:
                upload.require_fit(service.schema.graphql_schema, admitted)
        except Refusal as told:
            return _refused_operation(told, request)
        return await self.tell(request, admitted, may_be_kept=upload is None)

    async def tell(self, request: Request, admitted: Admitted, *, may_be_kept: bool = True) -> Response:
        """The response to an operation, in the form that suits it and its client.

        It may be a refusal. Raises ClientGone.

        Args:
            request: the client's.
            admitted: the operation.
            may_be_kept: whether caches may keep the answer, where the operation's policy says so.
        """
        try:
            form = _form(request, admitted)
        except Refusal as told:
            admitted.charge.release()
            return _refused_operation(told, request)
        service = self._service
        if form == EVENTS:
            return answer_sse(service, self.live, request, admitted)
        if form not in ONE_RESULT:
            return answer_multipart(service, self.live, request, admitted, form)
        context = service.context(request, admitted.caller)
        is_kept = admitted.type is OperationType.MUTATION
        with Presence(request.receive, is_kept=lambda: is_kept):
            result = await service.execute(admitted, context)
        policy = admitted.operation.policy if may_be_kept else None
        cache = cache_headers(policy, result, admitted.caller)
        answer = answer_of(result, context, cache, form.encode())
        response = Response(answer.body, answer.status, background=answer.after)
        response.raw_headers = list(answer.headers)
        return response

    async def _batch(self, request: Request, contents: list[Any]) -> Response:
        answers = await run_batch(self._service, request, contents)
        form = _likes(request, ONE_RESULT) or JSON
        response = Response(orjson.dumps(answers), media_type=f"{form}; charset=utf-8")
        response.raw_headers += NO_STORE
        return response


def _require_json(request: Request) -> None:
    """Raises Refusal 415 for a body that is not read."""
    problem = content_type_problem(request.headers.raw)
    if problem is not None:
        raise refused(415, problem)
    charset = request.headers["content-type"].lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise refused(415, "send the operation in UTF-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise refused(415, "send the operation without a content encoding")


def _accept(request: Request) -> str | None:
    return ",".join(request.headers.getlist("accept")) or None


def _likes(request: Request, offers: tuple[str, ...]) -> str | None:
    return best(_accept(request), offers)


def _form(request: Request, admitted: Admitted) -> str:
    """The media type of the answer. Raises Refusal."""
    if admitted.type is OperationType.SUBSCRIPTION:
        # Who takes anything at all would hardly know what to do with a stream.
        form = best_named(_accept(request), UPDATES)
        if form is None:
            raise refused(400, SUBSCRIBE_ADVICE)
        return form
    form = best_named(_accept(request), PARTS, over=ONE_RESULT) if admitted.is_incremental else None
    form = form or _likes(request, ONE_RESULT)
    # Who takes nothing of what there is gets JSON all the same: it says more than a 406.
    return form or _likes(request, WHOLE) or JSON


@lru_cache(256)
def one_result_form(accept: bytes | None) -> bytes | None:
    """The media type of a single JSON answer that this Accept header likes best; None where it takes none."""
    form = best(None if accept is None else accept.decode("latin-1"), ONE_RESULT)
    return None if form is None else form.encode()


def refusal_for(told: Refusal, form: bytes, accept: bytes | None) -> Response:
    """A refusal as JSON.

    Args:
        told: the refusal.
        form: the media type.
        accept: what the client accepts.
    """
    # Who asks for application/json by name expects a 200 from any server that has understood the request.
    is_legacy = told.is_graphql and form == JSON.encode() and accept is not None and form in accept
    return refusal_response(told, media_type=form.decode(), status=200 if is_legacy else None)


def _refused(told: Refusal, request: Request) -> Response:
    """A request that is none."""
    accept = (_accept(request) or "").encode("latin-1") or None
    return refusal_for(told, one_result_form(accept) or JSON.encode(), accept)


def _refused_operation(told: Refusal, request: Request) -> Response:
    """An operation that may not run: told by events to who takes nothing else."""
    is_streamed = _likes(request, ONE_RESULT) is None and _likes(request, (EVENTS,)) is not None
    return refuse_sse(told) if is_streamed else _refused(told, request)
