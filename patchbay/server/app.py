"""The application: routes over a graph and its upstreams, which are opened when it starts."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route, WebSocketRoute

from patchbay import __version__
from patchbay.access.cost.rules import unsized_lists
from patchbay.access.proofs.authenticator import Authenticator
from patchbay.calls import Resources
from patchbay.calls.redis import RedisLink
from patchbay.checks import check_graph
from patchbay.environment import Environment, Secret
from patchbay.errors import ConfigurationError
from patchbay.inbox import Inbox
from patchbay.server.cors import checked_origins, with_cors
from patchbay.server.door import Door
from patchbay.server.graphiql import graphiql_page, graphiql_router
from patchbay.server.health import Readiness, health_router
from patchbay.server.operators import operator_router
from patchbay.server.reactions import reactions_health_router, reactions_router
from patchbay.server.refusals import broken, refusal, refusal_response
from patchbay.server.security_headers import with_security_headers
from patchbay.server.service import Service
from patchbay.server.transports.fast_path import FastPath
from patchbay.server.transports.http import GraphQLHttp
from patchbay.server.transports.websocket import WebSocketEndpoint
from patchbay.server.webhooks import webhook_router
from patchbay.upstreams import Runtime, Webhook
from patchbay.upstreams.declaring import require_well_declared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from patchbay.access.proofs.issuer import Issuer
    from patchbay.reactions import Reaction
    from patchbay.server.graphiql import Example
    from patchbay.server.schema import GraphSchema
    from patchbay.server.settings import Settings
    from patchbay.upstreams import Upstream

GRAPHQL_PATH = "/graphql"
TITLE = "Patchbay"

MOST_TOLD = 20
"""Lists of unknown length that a start names: an imported graph may have thousands."""

_log = structlog.get_logger("patchbay.server")


class GraphApp(FastAPI):
    """FastAPI's application, with a way in front of it."""

    _direct: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await (self._direct or self.serve_routed)(scope, receive, send)

    async def serve_routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the routes make of it, middleware included."""
        await super().__call__(scope, receive, send)

    def serve_directly(self, direct: ASGIApp) -> None:
        """Ask this first; it hands on what it does not take."""
        self._direct = direct


def create_app(
    *,
    upstreams: Sequence[Upstream],
    schema: GraphSchema,
    settings: Settings,
    environment: Mapping[str, str],
    reactions: Sequence[Reaction[Any]] = (),
    issuers: Sequence[Issuer] = (),
    examples: Sequence[Example] = (),
) -> GraphApp:
    """The ASGI application of a graph.

    Args:
        upstreams: what the graph's resolvers read from; opened in the application's lifespan.
        schema: the graph.
        settings: the server's settings.
        environment: where upstreams read their variables, normally os.environ.
        reactions: what webhooks' events set off.
        issuers: whose tokens are accepted, beside the one of the settings.
        examples: what GraphiQL opens with.

    Raises:
        ConfigurationError: upstreams are declared wrongly, or variables are missing; all are named.
    """
    require_well_declared(upstreams)
    _require_variables(upstreams, Environment(environment))
    check_graph(schema, [upstream.name for upstream in upstreams])
    unsized = unsized_lists(schema.graphql_schema)
    if unsized:
        told = unsized[:MOST_TOLD]
        advice = "declare them with @listSize"
        _log.info("lists_of_unknown_length", advice=advice, fields=told, number=len(unsized))
    webhooks = {upstream.name: upstream for upstream in upstreams if isinstance(upstream, Webhook)}
    inbox = Inbox(settings.location, options=settings.inbox_options)
    inbox.react(reactions, {name: webhook.signs_id for name, webhook in webhooks.items()})
    authenticator = Authenticator.of(settings, issuers)
    door = Door(settings.max_operations, adapts=settings.load_shedding)
    service = Service(schema, settings, door, authenticator)
    app = GraphApp(
        title=TITLE,
        version=__version__,
        lifespan=_lifespan(upstreams, settings, Environment(environment), inbox, authenticator),
        max_body_size=settings.max_request_bytes,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    _add_graphql(app, service, inbox, examples)
    app.include_router(webhook_router(webhooks, inbox))
    app.include_router(health_router(Readiness(upstreams, inbox)))
    if settings.operator_token is not None:
        token = Secret(settings.operator_token.get_secret_value(), "PATCHBAY_OPERATOR_TOKEN")
        app.include_router(operator_router(inbox, token))
        app.include_router(reactions_router(inbox.reactions, token))
    app.include_router(reactions_health_router(inbox.reactions))
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    app.state.knows_identities = authenticator.knows_identities
    return app


def _add_graphql(app: GraphApp, service: Service, inbox: Inbox, examples: Sequence[Example]) -> None:
    """All that is served at the graph's path, and what the server needs to know of it."""
    settings = service.settings
    page = None
    if not service.explorers.is_nobody:
        page = graphiql_page(graphql_path=GRAPHQL_PATH, title=TITLE, examples=examples)
        app.include_router(graphiql_router())
        app.add_route("/", _to_graphql)
    graphql = GraphQLHttp(service, page)
    sockets = WebSocketEndpoint(service)
    app.router.routes += [
        # It has caps of its own, and tells of them as GraphQL does.
        Route(GRAPHQL_PATH, graphql, max_body_size=sys.maxsize),
        WebSocketRoute(GRAPHQL_PATH, sockets),
    ]
    routed = with_security_headers(app.serve_routed)
    direct = FastPath(routed, graphql, service, path=GRAPHQL_PATH)
    app.serve_directly(with_cors(direct, checked_origins(settings.cors_origins), path=GRAPHQL_PATH))

    def end_subscriptions() -> None:
        inbox.end_subscriptions()
        graphql.live.end_all()

    app.state.has_origins = bool(settings.cors_origins)
    # For the server, which refuses operations before they get here, and ends what would keep it from ending.
    app.state.door, app.state.graphql_path = service.door, GRAPHQL_PATH
    app.state.end_subscriptions = end_subscriptions
    app.state.close_sockets = sockets.close_all
    app.state.is_busy = service.is_busy


def _lifespan(
    upstreams: Sequence[Upstream],
    settings: Settings,
    environment: Environment,
    inbox: Inbox,
    authenticator: Authenticator,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Opens everything, and closes it in the other order."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        _make_folder(settings)
        await inbox.open()
        resources = _resources(settings)
        runtime = Runtime(environment, inbox, resources)
        try:
            await authenticator.open(inbox.database)
            await asyncio.gather(*(upstream.open(runtime) for upstream in upstreams))
            inbox.start_reacting()
            _log.info(
                "started",
                version=__version__,
                url=f"http://{settings.host}:{settings.port}{GRAPHQL_PATH}",
                upstreams=[upstream.name for upstream in upstreams],
            )
            yield
        finally:
            await inbox.stop_reacting()
            await asyncio.gather(*(upstream.close() for upstream in upstreams))
            await authenticator.close()
            if resources.redis is not None:
                await resources.redis.close()
            await inbox.close()
            _log.info("stopped")

    return lifespan


def _require_variables(upstreams: Sequence[Upstream], environment: Environment) -> None:
    environment.require(
        (f"{upstream.name}, {upstream.declaration.at}", variable)
        for upstream in upstreams
        for variable in upstream.variables()
    )


def _resources(settings: Settings) -> Resources:
    """What the upstreams' pipelines share. A Redis that is away is fine."""
    url = settings.redis_url
    link = None
    if url is not None:
        try:
            link = RedisLink(Secret(url.get_secret_value(), "PATCHBAY_REDIS_URL"))
        except ValueError as error:
            # The error's own text quotes the address.
            raise ConfigurationError("PATCHBAY_REDIS_URL cannot be understood") from error
    return Resources(link, single_flight=settings.single_flight, replicas=settings.replicas)


def _make_folder(settings: Settings) -> None:
    if settings.database_url is not None:
        return
    try:
        settings.database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"PATCHBAY_DATABASE: cannot make the folder {settings.database.parent}: {error.strerror}"
        raise ConfigurationError(message) from error


async def _to_graphql(request: Request) -> Response:
    del request
    return RedirectResponse(GRAPHQL_PATH)


async def _broken(request: Request, error: Exception) -> Response:
    """What a route has broken over. The server logs the error once more when this has been sent."""
    del request
    return refusal_response(broken(error))


async def _refused(request: Request, error: Exception) -> Response:
    """What no route has answered: an unknown path, a method that is not served, a body over the cap."""
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - the only type it is registered for
    return refusal(error.status_code, error.detail, headers=error.headers)
